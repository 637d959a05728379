import type { CaptchaCounts } from './captcha/captcha-counter.js';
import type { AppsecHealth } from './appsec/appsec-health.js';
import type { RequestCounts } from './bouncer/request-counter.js';
import { skewInWords } from './capi/server-clock.js';
import type { SessionState } from './capi/session-options.js';
import type { LapiDecisionsHealth } from './lapi/decisions-health.js';
import type { MachineLoginState } from './lapi/machine-login.js';
import type { ExtensionHealth } from './extensions/extension-health.js';
import type { ListReport } from './sources/decision-source.js';
import type { IgnoredCounts } from './remediation/ignore-filter.js';
import { withoutRemedy } from './remediation/types-without-remedy.js';
import type { StoreProblem } from './store/store.js';
import type { CapiPullFailure } from './refresh/pull-budget.js';
import type { WaitingList } from './refresh/refresh-result.js';
import type { SignalsFailure } from './signals/buffer.js';
import type { RefusalReason } from './signals/report.js';
import { sentence } from './errors.js';
import { refusedOption } from './synchronous-options.js';

/** The state of the agent as data: cheap, and asking for it calls nobody. Moments are in ms since the epoch. */
export interface Health {
  /** `ok`; `degraded`: it works with what it has; `unavailable`: not started, or no decision was ever loaded. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  /** What is wrong, worst first; empty when the status is `ok`. */
  readonly problems: readonly Problem[];
  readonly userAgent: string;
  readonly identity: SessionState;
  /** The machine that reports to the local API; absent without one. Its password and token are not told. */
  readonly lapiMachine?: MachineLoginState;
  readonly decisions: DecisionsHealth;
  readonly signals: SignalsHealth;
  /** What became of the requests that this process has judged. */
  readonly requests: RequestCounts;
  /** What AppSec was asked; absent where the options name none. */
  readonly appsec?: AppsecHealth;
  /** What became of the built-in captcha in this process; absent where it is off. */
  readonly captcha?: CaptchaCounts;
  readonly store: StoreHealth;
  readonly extensions: readonly ExtensionHealth[];
  /** Events that no detector saw because too many waited. */
  readonly droppedEvents: number;
  /** Calls of `observe()` that no detector saw, by reason: the client had no address. */
  readonly refusedEvents: Readonly<Partial<Record<'invalid-ip', number>>>;
}

export interface Problem {
  /** The code of a `CrowdsecError`, or `NOT_STARTED`, `STORE_NOT_WRITABLE`, `STORE_DAMAGED`, `CLOCK_SKEW`, `NO_DECISIONS`, `DECISIONS_STALE`, `GEO_UNAVAILABLE`, `REMEDY_MISSING`, `LIST_FAILED`, `LOCAL_DECISIONS_FULL`, `EXTENSION_OFF`, `CLOCK_FAILED`, `SCHEDULER_FAILED`, `LOGGER_FAILED`, `EXTENSION_CAPPED`, `APPSEC_FAILED`, `SIGNALS_DEFERRED`, `NAMESPACE_SHARED`. */
  readonly code: string;
  /** What it means and what to do. */
  readonly message: string;
}

export interface DecisionsHealth {
  /** How many rows are held, those included that have ended and that no refresh has dropped yet. */
  readonly count: number;
  /** Decisions of this installation, those included that have ended or were lifted. */
  readonly local: number;
  /** How many of them are held at most, see `maxLocalDecisions`. */
  readonly localLimit: number;
  /** How many of them, in force, made room for others in this process. */
  readonly localEvicted: number;
  /** Calls of `decide()` that decided nothing, by reason: it was about no address. */
  readonly refused: Readonly<Partial<Record<'invalid-ip', number>>>;
  /** Held decisions that have not ended, by origin: `CAPI`, `lists:<name>`. */
  readonly origins: Readonly<Record<string, number>>;
  /** Held decisions that are left alone, by the option that says so, see `ignore`. */
  readonly ignored: IgnoredCounts;
  /** When what is held was pulled. */
  readonly pulledAt?: number;
  /** When the next pull is due. */
  readonly nextPullAt?: number;
  /** Older than a day, or never pulled; of a local API, older than a minute or three intervals. */
  readonly stale: boolean;
  /** How the decisions of a local API stand; absent without one. */
  readonly lapi?: LapiDecisionsHealth;
  /** Why the last pull from CAPI failed; absent when it did not. */
  readonly failure?: CapiPullFailure;
  /** What became of each linked list in the last pull of this process. */
  readonly lists: readonly ListReport[];
  /** The linked lists that could not be read, or have not come yet, and what each waits for. */
  readonly waitingLists: readonly WaitingList[];
}

export interface SignalsHealth {
  /** Signals that wait, as far as this process knows. */
  readonly buffered: number;
  /** When the next call is due; absent when nothing waits. */
  readonly nextFlushAt?: number;
  /** Why then, in words. */
  readonly nextFlushReason: string;
  /** When the next call may leave at the earliest. */
  readonly nextAllowedAt: number;
  /** Why the last call with signals of this process failed; absent when it did not, or nothing waits. */
  readonly failure?: SignalsFailure;
  /** Signals that the network took from this process. */
  readonly sent: number;
  /** Reports of this process that were added to a signal that waited. */
  readonly merged: number;
  /** Whispers of this process that made room when the buffer was full. */
  readonly evicted: number;
  /** Reports of this process that were refused, by reason. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Signals that the network refused for what is in them; they were set aside. */
  readonly poisoned: number;
  /** Signals of this process that the local API took and did not keep: the address is on an allowlist of the operator, or is none to it. */
  readonly discarded: number;
}

export interface StoreHealth {
  readonly description: string;
  /** Its values outlive the process. */
  readonly durable: boolean;
  /** Other processes see them too. */
  readonly shared: boolean;
  /** Whether it answered what it was asked last. */
  readonly reachable: boolean;
  /** Whether it took what was last written: a full or read-only store still answers. Tried every 5 seconds. */
  readonly writable: boolean;
  /** What is wrong with it, worst first; also among the problems of the agent. */
  readonly problems: readonly StoreProblem[];
  /** Damaged entries of the signal journal that this process has found and set aside. */
  readonly damagedEntries: number;
}

/** What is told of an agent before it is known what is wrong. */
export type HealthState = Omit<Health, 'status' | 'problems'>;

/** What else shows what is wrong. */
interface HealthSigns {
  readonly started: boolean;
  /** Decisions of a network were loaded, or the agent has only sources of its own and these have answered. */
  readonly loaded: boolean;
  /** Why nobody can tell where an address is, although somebody should. */
  readonly geoFailure?: string | undefined;
  /** Options whose functions answered by a promise. */
  readonly refusedOptions: readonly string[];
  /** Types of held decisions that no remedy serves. */
  readonly typesWithoutRemedy: readonly string[];
  /** What is wrong with parts that the application injected. */
  readonly faults: readonly Problem[];
  /** Another application uses the same namespace. */
  readonly sharedNamespace: Problem | undefined;
  /** Scenarios of extensions that had their share of the hour. */
  readonly cappedScenarios: readonly string[];
}

type HealthFacts = HealthState & HealthSigns;

/** The health of an agent in this state: what is wrong, and how bad that is. */
export function assessHealth(state: HealthState, signs: HealthSigns): Health {
  const { started, loaded } = signs;
  const problems = [...problemsOf({ ...state, ...signs })];
  const status = !started || !loaded ? 'unavailable' : problems.length === 0 ? 'ok' : 'degraded';
  return { status, problems, ...state };
}

function* problemsOf(facts: HealthFacts): Iterable<Problem> {
  const { started, geoFailure, decisions, store, extensions, cappedScenarios, faults } = facts;
  if (!started) yield { code: 'NOT_STARTED', message: 'The agent is not started: call start().' };
  yield* store.problems;
  yield* callProblems(facts);
  if (started && !facts.loaded) {
    yield {
      code: 'NO_DECISIONS',
      message:
        'No decisions of the network were ever loaded; addresses that nothing else holds are unavailable: see onUnavailable.',
    };
  } else if (started && decisions.stale && decisions.lapi?.stale !== true) {
    yield { code: 'DECISIONS_STALE', message: 'The decisions are older than a day.' };
  }
  yield* lapiProblems(facts);
  if (geoFailure !== undefined) yield { code: 'GEO_UNAVAILABLE', message: geoFailure };
  for (const path of facts.refusedOptions) yield { code: 'CROWDSEC_OPTION_INVALID', message: refusedOption(path) };
  for (const type of facts.typesWithoutRemedy) yield { code: 'REMEDY_MISSING', message: withoutRemedy(type) };
  if (decisions.localEvicted > 0 && decisions.local >= decisions.localLimit) {
    yield {
      code: 'LOCAL_DECISIONS_FULL',
      message: `All ${decisions.localLimit} local decisions are taken; ${decisions.localEvicted} in force made room for others: see maxLocalDecisions.`,
    };
  }
  for (const list of decisions.lists) {
    if (list.status === 'failed') {
      const waiting = decisions.waitingLists.find(({ kind, name }) => kind === list.kind && name === list.name);
      yield {
        code: 'LIST_FAILED',
        message: `The ${list.kind} ${list.name} could not be read: ${sentence(list.error ?? 'no reason given')}${nextTries(waiting)}`,
      };
    }
  }
  for (const { name, state, reason, retryAt } of extensions) {
    if (state !== 'off') continue;
    const until = retryAt === undefined ? 'for now' : `until ${new Date(retryAt).toISOString()}`;
    yield {
      code: 'EXTENSION_OFF',
      message: `The extension ${name} is switched off ${until}: ${reason ?? 'no reason given'}`,
    };
  }
  if (facts.appsec?.failing !== undefined) yield appsecProblem(facts.appsec.url, facts.appsec.failing);
  if (facts.sharedNamespace !== undefined) yield facts.sharedNamespace;
  yield* faults;
  for (const scenario of cappedScenarios) {
    yield {
      code: 'EXTENSION_CAPPED',
      message: `${scenario} was acted on as often as it may be in an hour; see capPerHour.`,
    };
  }
}

/** What calls to the networks failed with, each trouble once. */
function* callProblems({ identity, lapiMachine, decisions, signals, store }: HealthFacts): Iterable<Problem> {
  if (identity.stop !== undefined) yield { code: identity.stop.code, message: identity.stop.message };
  else if (identity.failure !== undefined && !store.problems.some(({ code }) => code === identity.failure?.code)) {
    yield identity.failure;
  }
  if (lapiMachine?.failure !== undefined) {
    yield { code: 'CROWDSEC_CREDENTIALS_REJECTED', message: lapiMachine.failure.message };
  }
  if (identity.clockSkewMs !== undefined) yield { code: 'CLOCK_SKEW', message: skewInWords(identity.clockSkewMs) };
  // What needs a token fails for want of one.
  if (identity.stop !== undefined || identity.failure !== undefined) return;
  if (decisions.failure !== undefined) {
    const { code, message } = decisions.failure;
    yield { code, message: `CAPI could not be asked for decisions: ${sentence(message)}` };
  }
  if (signals.failure !== undefined && lapiMachine?.failure === undefined) {
    yield {
      code: 'SIGNALS_DEFERRED',
      message: `Signals are kept and sent later: ${sentence(signals.failure.message)}`,
    };
  }
}

function* lapiProblems({ started, loaded, decisions: { lapi } }: HealthFacts): Iterable<Problem> {
  if (lapi?.failure !== undefined) yield { code: lapi.failure.code, message: lapi.failure.message };
  else if (started && loaded && lapi?.stale === true) {
    const since = lapi.pulledAt === undefined ? '' : ` since ${new Date(lapi.pulledAt).toISOString()}`;
    yield { code: 'DECISIONS_STALE', message: `LAPI at ${lapi.url} has told this agent nothing${since}.` };
  }
}

/** What a list waits for, as the end of a sentence. */
function nextTries(waiting: WaitingList | undefined): string {
  if (waiting === undefined) return '';
  const at = (moment: number): string => new Date(moment).toISOString();
  const { retryAt, freshLinkAt } = waiting;
  const retry =
    retryAt === undefined ? 'It is being asked for' : `It is asked for again at ${at(retryAt)} by the same link`;
  return ` ${retry}${freshLinkAt === undefined ? '' : `, and at ${at(freshLinkAt)} by a fresh one`}.`;
}

function appsecProblem(url: string, { at, cause, message }: NonNullable<AppsecHealth['failing']>): Problem {
  const when = new Date(at).toISOString();
  return {
    code: 'APPSEC_FAILED',
    message: `AppSec (${url}) gave no verdict at ${when} (${cause}): ${sentence(message)} See appsec.onFailure for what becomes of such requests.`,
  };
}
