import type { Crowdsec } from '@crowdsec-sdk/core';
import type { LoggedDetection } from './state.js';

const MAX_DETECTIONS = 50;

/** Keeps the last detections. */
export class DetectionLog {
  readonly #kept: LoggedDetection[] = [];
  readonly #listening: Disposable;

  constructor(crowdsec: Crowdsec, now: () => number) {
    this.#listening = crowdsec.on('detected', (detection) => {
      this.#kept.push({ ...detection, at: now() });
      if (this.#kept.length > MAX_DETECTIONS) this.#kept.shift();
    });
  }

  /** Oldest first. */
  get latest(): readonly LoggedDetection[] {
    return this.#kept;
  }

  stop(): void {
    this.#listening[Symbol.dispose]();
  }
}
