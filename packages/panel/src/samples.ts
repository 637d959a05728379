import type { Clock, Crowdsec, Health, Scheduler } from '@crowdsec-sdk/core';

/** What the plots are made of, at one moment. Counts are those since the start of the process, so that differences are what happened. */
export interface Sample {
  /** ms since the epoch. */
  readonly at: number;
  readonly passed: number;
  readonly blocked: number;
  readonly wouldBlock: number;
  readonly detections: number;
  readonly sent: number;
  /** As it was at the moment. */
  readonly buffered: number;
  readonly decisions: number;
  readonly localDecisions: number;
}

const SAMPLE_EVERY_MS = 60_000;
/** A day, and the sample that its first minute is compared with. */
const MAX_SAMPLES = 24 * 60 + 1;

/** Reads one sample a minute and keeps those of a day. */
export class Samples {
  readonly #crowdsec: Crowdsec;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #kept: Sample[] = [];
  #job: Disposable | undefined;

  constructor({ crowdsec, clock, scheduler }: SamplesOptions) {
    this.#crowdsec = crowdsec;
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#addSample();
  }

  /** Oldest first. */
  get all(): readonly Sample[] {
    return this.#kept;
  }

  /** As things stand: what this health, which was read just now, comes to. */
  of(health: Health): Sample {
    return sampleOf(health, this.#clock.now());
  }

  stop(): void {
    this.#job?.[Symbol.dispose]();
  }

  #addSample(): void {
    this.#kept.push(this.of(this.#crowdsec.health()));
    if (this.#kept.length > MAX_SAMPLES) this.#kept.shift();
    this.#job = this.#scheduler.schedule('crowdsec:panel-sample', SAMPLE_EVERY_MS, () => this.#addSample());
  }
}

interface SamplesOptions {
  readonly crowdsec: Crowdsec;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

function sampleOf({ requests, signals, decisions, extensions }: Health, at: number): Sample {
  const { total, blocked, wouldBlock, served, skipped } = requests;
  return {
    at,
    passed: Math.max(0, total - blocked - wouldBlock - served - skipped),
    blocked,
    wouldBlock,
    detections: sum(extensions.flatMap(({ detectors }) => detectors).map(detectionsOf)),
    sent: signals.sent,
    buffered: signals.buffered,
    decisions: decisions.count,
    localDecisions: decisions.local,
  };
}

function detectionsOf({ acted, suppressed }: Health['extensions'][number]['detectors'][number]): number {
  return acted + sum(Object.values(suppressed));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}
