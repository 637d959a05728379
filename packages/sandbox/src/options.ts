import type { AppsecOptions } from './appsec.js';
import type { TimeSource } from './clock.js';
import type { LapiOptions } from './lapi/lapi-options.js';
import { publishedLoginBurst, type LoginBurstLimits } from './login-burst.js';
import { timers, type DelayScheduler } from './scheduler.js';
import type { RateLimit } from './signals.js';

/** How a sandbox behaves. Everything has a default. */
export interface SandboxOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** The root of list links, where clients reach the sandbox by another address than `url`. No trailing slash. */
  readonly publicUrl?: string;
  /** A folder that keeps machines, cursors, decisions, signing key and login bursts across restarts; default none. */
  readonly stateDir?: string;
  /** Default `Date`. The sandbox's `clock` follows it and can be moved on its own. */
  readonly clock?: TimeSource;
  /** Runs delayed answers; default Node's timers. */
  readonly scheduler?: DelayScheduler;
  /** For faults with a probability; default `Math.random`. */
  readonly random?: () => number;
  /** How long a token is good for; default one hour. */
  readonly tokenLifeMs?: number;
  /** What a pull without `startup=true` is told: what changed since the machine's last one (default), or everything. */
  readonly answers?: 'delta' | 'full';
  /** Default `['abcdEFGH1234']`. */
  readonly enrollmentKeys?: readonly string[];
  /** What a registration of a known id is answered; default 500, as PHP's SDK expects it from CAPI. */
  readonly existingMachineStatus?: 400 | 409 | 500;
  /** What a login with a wrong id or password is answered; default 403. */
  readonly loginRefusedStatus?: 401 | 403;
  /** When logins from one address become too many; default as published, `false` for never. */
  readonly loginBurst?: LoginBurstLimits | false;
  /** A limit of `POST /signals` per machine; default none. */
  readonly rateLimit?: RateLimit;
  /** How many calls are remembered; default 10,000. */
  readonly maxCalls?: number;
  /** How many accepted signals are remembered; default 1,000,000. */
  readonly maxSignals?: number;
  /** Also stands in for an engine's local API, on an address of its own: `true`, or how. Default none. */
  readonly lapi?: boolean | LapiOptions;
  /** Also stands in for an engine's AppSec component, on an address of its own. Default none. */
  readonly appsec?: AppsecOptions;
}

/** The options with every default in place. */
export type CompleteOptions = Required<Omit<SandboxOptions, Undefaulted | 'loginBurst' | 'lapi' | 'appsec'>> &
  Pick<SandboxOptions, Undefaulted> & { readonly loginBurst: LoginBurstLimits | undefined };

/**
 * Fills in the defaults; an option that is `undefined` counts as not given.
 *
 * @throws RangeError for a token life, a number of calls or of signals that is not a positive number
 */
export function withDefaults(options: SandboxOptions): CompleteOptions {
  const {
    tokenLifeMs = 3_600_000,
    maxCalls = 10_000,
    maxSignals = 1_000_000,
    loginBurst = publishedLoginBurst,
  } = options;
  for (const [name, value] of Object.entries({ tokenLifeMs, maxCalls, maxSignals })) {
    if (!(Number.isFinite(value) && value > 0)) throw new RangeError(`${name} must be a positive number, got ${value}`);
  }
  return {
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    publicUrl: options.publicUrl,
    stateDir: options.stateDir,
    clock: options.clock ?? Date,
    scheduler: options.scheduler ?? timers,
    random: options.random ?? Math.random,
    tokenLifeMs,
    answers: options.answers ?? 'delta',
    enrollmentKeys: options.enrollmentKeys ?? ['abcdEFGH1234'],
    existingMachineStatus: options.existingMachineStatus ?? 500,
    loginRefusedStatus: options.loginRefusedStatus ?? 403,
    loginBurst: loginBurst === false ? undefined : loginBurst,
    rateLimit: options.rateLimit,
    maxCalls,
    maxSignals,
  };
}

type Undefaulted = 'publicUrl' | 'stateDir' | 'rateLimit';
