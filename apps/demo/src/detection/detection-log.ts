import type { Crowdsec, Detection } from '@crowdsec-sdk/core';

/** A detection, and when it was told. */
export interface LoggedDetection extends Detection {
  /** Counts up: what else is the same may have happened twice. */
  readonly id: number;
  /** In ms since the epoch. */
  readonly at: number;
}

/** A local decision that holds. */
export interface LocalBan {
  /** The address or, with IPv6, its /64. */
  readonly value: string;
  readonly scenario: string;
  /** In ms since the epoch. */
  readonly expiresAt: number;
}

const DETECTIONS_KEPT = 50;
const VALUES_KEPT = 1_000;

/** What the detectors of the agents found, across their restarts. */
export class DetectionLog {
  #told = 0;
  #latest: readonly LoggedDetection[] = [];
  /** What was decided about, latest last. */
  readonly #decided = new Set<string>();

  /** The last 50, oldest first. */
  get latest(): readonly LoggedDetection[] {
    return this.#latest;
  }

  /** Listens to an agent. */
  follow(crowdsec: Crowdsec): void {
    crowdsec.on('detected', (detection) => this.#add(detection));
  }

  /** Those of its local decisions that hold, oldest first. Of the last 1,000: each was decided in front of our eyes. */
  bans(crowdsec: Crowdsec): readonly LocalBan[] {
    return [...this.#decided].flatMap((value) => {
      const [address = value] = value.split('/');
      const { origin, scenario = '', expiresAt } = crowdsec.getIpRemediation(address);
      return origin === 'crowdsec' && expiresAt !== undefined ? [{ value, scenario, expiresAt }] : [];
    });
  }

  #add(detection: Detection): void {
    this.#latest = [...this.#latest, { id: ++this.#told, at: Date.now(), ...detection }].slice(-DETECTIONS_KEPT);
    const { decision, suppressed } = detection;
    if (decision === undefined || suppressed !== undefined) return;
    this.#decided.delete(decision.value);
    this.#decided.add(decision.value);
    for (const value of this.#decided) {
      if (this.#decided.size <= VALUES_KEPT) break;
      this.#decided.delete(value);
    }
  }
}
