/** Where the programs of an engine are. */
export interface EngineBinaries {
  /** The folder that holds `crowdsec` and `cscli`. */
  readonly bin: string;
  /** Folders with libraries of theirs, separated by colons; `undefined` for those of the system. */
  readonly libraries: string | undefined;
}

/** An engine, or why there is none. */
export type EngineLookup = { readonly engine: EngineBinaries } | { readonly reason: string };

/** A certificate with its key, PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What an engine with TLS and its clients prove themselves by. */
export interface Certificates {
  /** The authority of all of them. */
  readonly ca: string;
  /** Of a client that the engine takes for a machine. */
  readonly machine: KeyPair;
  /** Of a client that the engine takes for a bouncer. */
  readonly bouncer: KeyPair;
}

/** A decision as `cscli decisions add` takes it. */
export interface EngineDecision {
  readonly ip?: string;
  readonly range?: string;
  /** Another scope: `country`, `as`, … */
  readonly scope?: string;
  readonly value?: string;
  /** `ban` by default. */
  readonly type?: string;
  /** A Go duration; `4h` by default. */
  readonly duration?: string;
  readonly reason?: string;
}

/** A real engine whose local API listens on 127.0.0.1, and which talks to nobody else. */
export interface Engine {
  /** The root of its local API, without `/v1`. */
  readonly url: string;
  /** The version, as `1.4.6`. */
  readonly version: string;
  /** Those that it and its clients use; absent without TLS. */
  readonly certificates?: Certificates | undefined;
  /** Its log so far. */
  readonly log: string;
  /** Makes a bouncer by `cscli bouncers add`, and returns its API key. */
  addBouncer(name: string): Promise<string>;
  removeBouncer(name: string): Promise<void>;
  /** Makes a machine by `cscli machines add`. */
  addMachine(machineId: string, password: string): Promise<void>;
  removeMachine(machineId: string): Promise<void>;
  addDecision(decision: EngineDecision): Promise<void>;
  /** Ends decisions by `cscli decisions delete`. */
  deleteDecisions(target: Pick<EngineDecision, 'ip' | 'range' | 'scope' | 'value'>): Promise<void>;
  /** Imports decisions of the scope `Ip` or `Range`, which is told by the value, at once. */
  importDecisions(values: readonly string[], duration?: string): Promise<void>;
  /** The decisions in force, as the engine lists them. */
  decisions(): Promise<readonly EngineRow[]>;
  /** The alerts, newest first, as the engine lists them. */
  alerts(): Promise<readonly EngineAlert[]>;
  /** Runs `cscli` with this engine's configuration, and returns what it prints. */
  cscli(...args: readonly string[]): Promise<string>;
  /** Stops and starts it; the database stays. */
  restart(): Promise<void>;
  /** Stops it; {@link Engine.start} starts it again on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A decision as the engine lists it. */
export interface EngineRow {
  readonly id: number;
  readonly origin: string;
  readonly type: string;
  readonly scope: string;
  readonly value: string;
  /** What is left of it, as a Go duration. */
  readonly duration: string;
  readonly scenario: string;
}

/** An alert as the engine lists it. */
export interface EngineAlert {
  readonly id: number;
  readonly scenario: string;
  readonly message: string;
  readonly events_count: number;
  readonly start_at: string;
  readonly stop_at: string;
  readonly machine_id?: string;
  readonly remediation?: boolean;
  readonly source: { readonly scope: string; readonly value: string; readonly ip?: string; readonly range?: string };
  readonly decisions?: readonly EngineRow[] | null;
}
