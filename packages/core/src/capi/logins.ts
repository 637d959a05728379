import type { Clock } from '../clock.js';
import { sentence } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Lease } from '../store/store.js';
import type { Credentials } from './credentials.js';
import { DAY_MS, FORBIDDEN_BEFORE_REJECTED, HOUR_MS } from './login-budget.js';
import type { CandidatePair, MachineIdentity } from './machine-identity.js';
import { validatePair, type ContestedPair } from './registration.js';
import type { Token } from './token.js';
import type { WatcherCalls } from './watcher-calls.js';

export interface LoginsOptions {
  readonly calls: WatcherCalls;
  readonly identity: MachineIdentity;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Credentials that the user keeps; they are never replaced. */
  readonly credentials?: { readonly machineId: string; readonly password: string };
}

/** How a token is had for a pair: by a login alone when one has succeeded before, else after a registration of the pair. */
export class Logins {
  readonly #options: LoginsOptions;

  constructor(options: LoginsOptions) {
    this.#options = options;
  }

  /**
   * @param previous the token that is stored, whose scenarios are declared on
   * @throws CrowdsecError what the call threw, or the code of the stop that follows from its answer
   */
  async logIn(lease: Lease, { pair, isNew }: CandidatePair, previous: Token | undefined): Promise<Token> {
    const { calls, identity } = this.#options;
    if (identity.current?.status === 'validated') return this.#logInValidated(lease, pair, previous);
    const validated = await validatePair(
      {
        register: (candidate: Credentials) => calls.register(lease, candidate),
        login: (candidate: Credentials) => calls.login(lease, candidate, previous),
      },
      pair,
      isNew,
    );
    return 'token' in validated ? validated.token : this.#replace(lease, previous, validated);
  }

  async #logInValidated(lease: Lease, pair: Credentials, previous: Token | undefined): Promise<Token> {
    const { calls } = this.#options;
    const outcome = await calls.login(lease, pair, previous);
    if ('token' in outcome) return outcome.token;
    const answer = sentence(outcome.error.message);
    const forbiddenInARow = calls.record.forbiddenInARow + (outcome.refused === 403 ? 1 : 0);
    if (outcome.refused === 401 || forbiddenInARow >= FORBIDDEN_BEFORE_REJECTED) {
      const stop = {
        code: 'CROWDSEC_CREDENTIALS_REJECTED',
        forMs: DAY_MS,
        message:
          `CAPI rejects the credentials of machine ${pair.machineId}, which it once accepted: ${answer} They are kept, and tried once a day: ` +
          'ask CrowdSec, or restore the right ones.',
      } as const;
      throw await calls.stop(lease, stop, { forbiddenInARow, cause: outcome.error });
    }
    const stop = {
      code: 'CROWDSEC_LOGIN_FORBIDDEN',
      forMs: HOUR_MS,
      message: `CAPI forbids the login: ${answer} It does so after too many logins from this address, or of a machine that was removed.`,
    } as const;
    throw await calls.stop(lease, stop, { forbiddenInARow, cause: outcome.error });
  }

  /** Gives up a pair that both a login and a registration refused: at most once an hour, and never one that the user gave. */
  async #replace(lease: Lease, previous: Token | undefined, { contested }: ContestedPair): Promise<Token> {
    const { calls, clock, credentials: given, identity, logger } = this.#options;
    const { replacedAt } = calls.record;
    const answer = sentence(contested.message);
    const tooSoon = replacedAt !== undefined && replacedAt + HOUR_MS > clock.now();
    if (given !== undefined || tooSoon) {
      const what = given === undefined ? 'a second new machine id within an hour' : 'the given credentials';
      const message = `CAPI accepts neither a login nor a registration of ${what}: ${answer}`;
      const stop = { code: 'CROWDSEC_REGISTRATION_FAILED', forMs: HOUR_MS, message } as const;
      throw await calls.stop(lease, stop, { cause: contested });
    }
    logger.warn(
      `CAPI refuses both the login and the registration of a machine id that was never validated, and a new one is made: ${answer}`,
      { code: 'MACHINE_REFUSED' },
    );
    await calls.replaced(lease);
    return this.logIn(lease, await identity.newPair(lease), previous);
  }
}
