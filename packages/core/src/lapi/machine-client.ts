import { isRefused } from './is-refused.js';
import type { MachineLogin } from './machine-login.js';
import type { LapiRequest, LapiResponse, LapiTransport } from './transport.js';

/** The calls of LAPI that a machine makes with its token. */
export class MachineClient {
  readonly #transport: Pick<LapiTransport, 'send' | 'name'>;
  readonly #login: MachineLogin;

  constructor(options: { readonly transport: Pick<LapiTransport, 'send' | 'name'>; readonly login: MachineLogin }) {
    this.#transport = options.transport;
    this.#login = options.login;
  }

  /** LAPI as the operator wrote it. */
  get url(): string {
    return this.#transport.name;
  }

  /** What LAPI's clock shows now, in ms since the epoch; `undefined` before the first login. */
  get serverNow(): number | undefined {
    return this.#login.serverNow;
  }

  /** Gets a token for the next call, so that the call itself leaves at once. */
  async prepare(): Promise<void> {
    await this.#login.token();
  }

  /**
   * Sends a call with the token of the machine. A call that is refused for its token (401, 403) leaves once more, with another one.
   *
   * @param beforeCall awaited as the last step before the call leaves, each time; when it rejects, the call does not
   * @throws CrowdsecError those of {@link MachineLogin.token} and of the transport, and what `beforeCall` threw
   */
  async send(request: Omit<LapiRequest, 'as'>, beforeCall?: () => Promise<void>): Promise<LapiResponse> {
    const token = await this.#login.token();
    await beforeCall?.();
    try {
      return await this.#transport.send({ ...request, as: { token } });
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
    const fresh = await this.#login.token(token);
    await beforeCall?.();
    return this.#transport.send({ ...request, as: { token: fresh } });
  }
}
