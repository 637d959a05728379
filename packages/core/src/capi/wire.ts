/**
 * A signal as `POST /v3/signals` takes it.
 *
 * @see the published contract, `AddSignalsRequestItem`, and what official engines send
 */
export interface WireSignal extends Omit<Signal, 'events_count'> {
  readonly machine_id: string;
}

/** A signal before it is known which machine will send it. */
export interface Signal {
  /** The same in every resend, so that a repetition can be detected. */
  readonly uuid: string;
  readonly message: string;
  /** How many events this tells of; for local APIs alone, absent in what earlier versions stored. */
  readonly events_count?: number;
  readonly scenario: string;
  readonly scenario_hash: string;
  readonly scenario_version: string;
  /** `manual`: not a scenario of the hub whose hash the server could check. */
  readonly scenario_trust: 'manual';
  readonly created_at: string;
  readonly start_at: string;
  readonly stop_at: string;
  readonly source: {
    readonly scope: 'Ip' | 'Range';
    readonly value: string;
    readonly ip?: string;
    readonly range?: string;
  };
  readonly context: readonly { readonly key: string; readonly value: string }[];
  /** Absent for a whisper. */
  readonly decisions?: readonly WireDecision[];
}

export interface WireDecision {
  readonly uuid: string;
  readonly id: 0;
  readonly origin: 'crowdsec';
  readonly type: string;
  readonly scenario: string;
  readonly scope: 'Ip' | 'Range';
  readonly value: string;
  /** A Go duration. */
  readonly duration: string;
  readonly simulated: false;
}

/** What `POST /v3/metrics/` takes: the software that detects (`machines`) and the software that decides (`bouncers`). */
export interface Metrics {
  readonly bouncers: readonly {
    readonly custom_name: string;
    readonly name: string;
    readonly version: string;
    readonly last_pull?: string;
  }[];
  readonly machines: readonly {
    readonly name: string;
    readonly version: string;
    readonly last_update?: string;
    readonly last_push?: string;
  }[];
}
