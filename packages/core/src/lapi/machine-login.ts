import * as z from 'zod';
import type { Clock } from '../clock.js';
import { jwtSchema } from '../capi/token.js';
import { CrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import { Secret } from '../secret.js';
import { isRefused } from './is-refused.js';
import { loginRefusal } from './login-refusal.js';
import type { LapiTransport } from './transport.js';

/** Hashing a password takes LAPI a tenth of a second; more than this is trouble. */
const LOGIN_TIMEOUT_MS = 10_000;
/** A token is renewed this long before it expires, in ms. */
const RENEW_BEFORE_MS = 60_000;
/** How long LAPI's tokens live, where one does not tell, in ms. */
const USUAL_LIFE_MS = 3_600_000;
/** The end of the year 9999. */
const LAST_SECOND = 253_402_300_799;
/** After a login that was refused, the next one waits so long, in ms, and twice as long after each further one, up to the longest wait. */
const FIRST_WAIT_MS = 5_000;
const MAX_WAIT_MS = 60_000;

/** What a machine logs in with. */
export interface MachineCredentials {
  readonly machineId: string;
  readonly password: Secret;
}

export interface MachineLoginOptions {
  /** Without a client certificate when the machine has a password: an engine that is shown one does not look at the password. */
  readonly transport: Pick<LapiTransport, 'send' | 'name'>;
  /** `undefined` for a machine whose client certificate the transport shows. */
  readonly machine: MachineCredentials | undefined;
  /** What the machine may report: told at each login. */
  readonly scenarios: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is known of a machine's login, without asking anybody. */
export interface MachineLoginState {
  readonly machineId?: string;
  readonly loggedIn: boolean;
  /** Why the last login was refused, and when the next one may be tried, in ms since the epoch. */
  readonly failure?: { readonly message: string; readonly nextAt: number };
}

/**
 * A machine's token for LAPI. Nobody logs in before a token is needed; all who wait for one share a login. A token serves until a minute
 * before it expires, or until LAPI refuses it: it does so to all of them after each restart.
 */
export class MachineLogin {
  readonly #options: MachineLoginOptions;
  #token: { readonly secret: Secret; readonly renewAt: number } | undefined;
  /** What LAPI's clock showed at a login, in ms since the epoch, and the monotonic time of then. */
  #serverTime: { readonly at: number; readonly monotonic: number } | undefined;
  #flight: Promise<Secret> | undefined;
  #refusals = 0;
  #refusal: { readonly message: string; readonly until: number } | undefined;

  constructor(options: MachineLoginOptions) {
    this.#options = options;
  }

  get state(): MachineLoginState {
    const { machine } = this.#options;
    return {
      ...(machine === undefined ? {} : { machineId: machine.machineId }),
      loggedIn: this.#token !== undefined,
      ...(this.#refusal === undefined
        ? {}
        : { failure: { message: this.#refusal.message, nextAt: this.#wallTime(this.#refusal.until) } }),
    };
  }

  /** What LAPI's clock shows now, in ms since the epoch, as its last token tells; `undefined` before the first. */
  get serverNow(): number | undefined {
    const known = this.#serverTime;
    return known === undefined ? undefined : known.at + this.#options.clock.monotonic() - known.monotonic;
  }

  /**
   * A token that is good for a call now.
   *
   * @param refused one that LAPI has just refused: another one is wanted
   * @throws CrowdsecError `CROWDSEC_CREDENTIALS_REJECTED` with `nextAt` when LAPI refuses the login, or has refused it a moment ago;
   *   `CROWDSEC_API_UNREACHABLE`, `CROWDSEC_API_STATUS`, `CROWDSEC_API_MALFORMED`
   */
  async token(refused?: Secret): Promise<Secret> {
    const token = this.#token;
    if (token !== undefined && token.secret !== refused && token.renewAt > this.#options.clock.monotonic())
      return token.secret;
    this.#flight ??= this.#login().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #login(): Promise<Secret> {
    const { clock, logger, machine, transport } = this.#options;
    this.#token = undefined;
    if (this.#refusal !== undefined && this.#refusal.until > clock.monotonic()) throw this.#refused();
    try {
      const { secret, lifeMs } = await this.#ask();
      if (this.#refusal !== undefined)
        logger.info('LAPI accepts the login of the machine again.', { code: 'MACHINE_ACCEPTED' });
      this.#refusal = undefined;
      this.#refusals = 0;
      // A token of a few minutes would otherwise be renewed all the time.
      const renewBeforeMs = Math.min(RENEW_BEFORE_MS, lifeMs / 4);
      this.#token = { secret, renewAt: clock.monotonic() + lifeMs - renewBeforeMs };
      return secret;
    } catch (error) {
      if (!isRefused(error)) throw error;
      const message = loginRefusal(transport.name, machine?.machineId, error);
      const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#refusals++);
      if (this.#refusal?.message !== message) logger.error(message, { code: 'MACHINE_REFUSED', status: error.status });
      this.#refusal = { message, until: clock.monotonic() + waitMs };
      throw this.#refused(error);
    }
  }

  async #ask(): Promise<{ readonly secret: Secret; readonly lifeMs: number }> {
    const { transport, machine, scenarios, clock } = this.#options;
    const { body } = await transport.send({
      method: 'POST',
      path: '/v1/watchers/login',
      body: {
        ...(machine === undefined ? {} : { machine_id: machine.machineId, password: machine.password.reveal() }),
        scenarios,
      },
      as: 'nobody',
      timeoutMs: LOGIN_TIMEOUT_MS,
      repeatable: true,
    });
    const answer = loginAnswerSchema.safeParse(body);
    if (!answer.success) {
      throw new CrowdsecError(
        'CROWDSEC_API_MALFORMED',
        `LAPI at ${transport.name} answered the login of the machine without a token.`,
      );
    }
    const { token, expire } = answer.data;
    const { expiresAt, issuedAt } = timesOf(token);
    if (issuedAt !== undefined) this.#serverTime = { at: issuedAt, monotonic: clock.monotonic() };
    // By its own claims, whatever our clock and LAPI's differ by; else by its expiry.
    const lifeMs = (expiresAt ?? Date.parse(expire ?? '')) - (issuedAt ?? clock.now());
    return { secret: new Secret(token), lifeMs: lifeMs > 0 ? lifeMs : USUAL_LIFE_MS };
  }

  #refused(cause?: unknown): CrowdsecError {
    const { message, until } = this.#refusal!;
    return new CrowdsecError('CROWDSEC_CREDENTIALS_REJECTED', message, { nextAt: this.#wallTime(until), cause });
  }

  #wallTime(monotonic: number): number {
    const { clock } = this.#options;
    return Math.ceil(clock.now() + monotonic - clock.monotonic());
  }
}

const loginAnswerSchema = z.object({
  token: jwtSchema,
  expire: z.string().optional().catch(undefined),
});

/** When a token expires and was issued by LAPI's clock, in ms since the epoch, as it tells itself. */
function timesOf(jwt: string): { readonly expiresAt: number | undefined; readonly issuedAt: number | undefined } {
  try {
    const claims = claimsSchema.parse(JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()));
    const ms = (seconds: number | undefined): number | undefined => seconds && seconds * 1000;
    return { expiresAt: ms(claims.exp), issuedAt: ms(claims.orig_iat) };
  } catch {
    return { expiresAt: undefined, issuedAt: undefined };
  }
}

const momentSchema = z.number().positive().max(LAST_SECOND).optional().catch(undefined);
const claimsSchema = z.object({ exp: momentSchema, orig_iat: momentSchema });
