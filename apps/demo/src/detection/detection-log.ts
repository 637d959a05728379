import type { Crowdsec, Detection } from '@crowdsec-sdk/core';

/** A detection, and when it was told. */
export interface LoggedDetection extends Detection {
  /** Counts up: what else is the same may have happened twice. */
  readonly id: number;
  /** In ms since the epoch. */
  readonly at: number;
}

const DETECTIONS_KEPT = 50;

/** What the detectors of the agents found, across their restarts. */
export class DetectionLog {
  #told = 0;
  #latest: readonly LoggedDetection[] = [];

  /** The last 50, oldest first. */
  get latest(): readonly LoggedDetection[] {
    return this.#latest;
  }

  /** Listens to an agent. */
  follow(crowdsec: Crowdsec): void {
    crowdsec.on('detected', (detection) => this.#add(detection));
  }

  #add(detection: Detection): void {
    this.#latest = [...this.#latest, { id: ++this.#told, at: Date.now(), ...detection }].slice(-DETECTIONS_KEPT);
  }
}
