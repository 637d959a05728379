import type { Sandbox } from '@crowdsec-sdk/sandbox';
import type { RedisServer } from '../redis-server.mjs';

export type StoreKind = 'redis' | 'files';

/** Where the agents of a run keep their state. */
export type Place = { readonly redisSocket: string } | { readonly stateDir: string };

/** The place that the store of a run means. */
export type PlaceOf<S extends StoreKind> = S extends 'files' ? Extract<Place, { stateDir: string }> : Place;

/** What a run is given; see `inTestEnvironment`. */
export interface TestEnvironment<P extends Place = Place> {
  readonly sandbox: Sandbox;
  /** Present for the store `redis`. */
  readonly redis: RedisServer | undefined;
  readonly place: P;
  /** A temporary folder that is removed after the run. */
  readonly folder: string;
}

/** The options of `npm run chaos`; each run reads those that it knows. */
export interface ChaosOptions {
  readonly store: StoreKind;
  /** How many processes. */
  readonly workers: number;
  /** How many signals they report, all of them together. */
  readonly signals: number;
  /** How long they take to report them, in seconds of the machine. */
  readonly seconds: number;
  /** How much faster than the machine's the clock of every process runs. */
  readonly scale: number;
  /** A process is killed about so often, in seconds of the machine. */
  readonly killEvery: number;
  /** How long Redis is stopped, in seconds of the machine. */
  readonly outage: number;
  /** The share of the reported signals that must be accepted: what a killed process had in memory alone is not. */
  readonly accepted: number;
  /** How many starts are killed. */
  readonly starts: number;
  /** How long a soak takes, in minutes of the machine. */
  readonly minutes: number;
}

/** What `soak-worker.mjs` does. */
export interface SoakTask {
  readonly apiUrl: string;
  readonly stateDir: string;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** How long from one sample of the heap to the next. */
  readonly sampleSeconds: number;
}

/** Takes a line about how the run goes. */
export type Say = (line: string) => void;

/** What a run found. */
export interface ChaosOutcome {
  readonly about: string;
  readonly figures: Readonly<Record<string, number>>;
  /** Each promise, and whether it was kept. */
  readonly promises: readonly (readonly [promise: string, kept: boolean])[];
}

export type ChaosRun = (options: ChaosOptions, say: Say) => Promise<ChaosOutcome>;

/** How `openAgent` opens an agent. */
export interface AgentRun {
  readonly apiUrl: string;
  readonly place: Place;
  readonly scale?: number;
  /** The moment at which the scaled clock and the machine's showed the same time, in ms since 1970. */
  readonly epoch?: number;
}

/** What `worker.mjs` does. */
export interface WorkerTask extends AgentRun {
  /** The first signal that it reports. */
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
  readonly everyMs?: number;
}

/** Where the agent of a store run keeps its state. */
export type StorePlace =
  | { readonly stateDir: string }
  | { readonly url: string }
  | { readonly keyvUrl: string }
  | { readonly clusterUrls: readonly string[] }
  | { readonly sentinel: { readonly name: string; readonly ports: readonly number[] } };

/** What `store-worker.mjs` does. */
export interface StoreWorkerTask {
  readonly apiUrl: string;
  readonly place: StorePlace;
  /** Asks for what waits to be sent as soon as that may be, not when it is due. */
  readonly flushes?: boolean;
}

/** What it tells of its agent. */
export interface StoreHealthTold {
  readonly reachable: boolean;
  readonly writable: boolean;
  readonly codes: readonly string[];
  readonly pulled: boolean;
  readonly identity: string;
}

/** What `identity-worker.mjs` does. */
export interface IdentityTask {
  readonly apiUrl: string;
  readonly place: Place;
  readonly scale: number;
  readonly epoch: number;
  /** By how much its wall clock is off, in ms. */
  readonly skewMs: number;
  readonly prefix: string;
}

/** What it tells of its agent. */
export interface IdentityTold {
  readonly problems: readonly { readonly code: string; readonly message: string }[];
  readonly machineId?: string;
  /** How many signals it has reported. */
  readonly reported: number;
}

/** What `freeze-worker.mjs` does. */
export interface FreezeTask {
  readonly apiUrl: string;
  readonly stateDir: string;
  /** At which of its renames it stops itself; 0 for never. */
  readonly freezeAt: number;
  readonly moment: 'before' | 'after';
}

/** What it tells of its agent. */
export interface FreezeTold {
  readonly machineId?: string;
  readonly sent: number;
  readonly renames: number;
}

/** What stands before a local API and injects faults into its answers. */
export interface LapiProxy {
  url: string;
  readonly counts: { pulls: number; full: number; faulty: number; maxInFlight: number };
  /** Whether faults are injected into answers. */
  injectsFaults: boolean;
  /** How many pulls are in flight. */
  inFlight: number;
  /** When a pull was last handed on, in ms since 1970. */
  lastForwardAt: number;
  stop: () => Promise<void>;
}

/** What `lapi-worker.mjs` does. */
export interface LapiTask {
  readonly lapiUrl: string;
  readonly apiKey: string;
  readonly redisSocket: string;
  readonly intervalMs: number;
}

/** What it tells of its agent. */
export interface LapiTold {
  readonly role: 'puller' | 'follower' | undefined;
  /** Of each address that was asked about: the types of what holds it. */
  readonly about: readonly string[];
}
