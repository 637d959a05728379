import type { ServerResponse } from 'node:http';
import type { Scheduler } from '@crowdsec-sdk/core';
import { beginEvents } from './answers.js';
import type { PanelState } from './state.js';

const LOOK_EVERY_MS = 1_000;
/** Proxies cut connections on which nothing comes. */
const SILENCE_MS = 15_000;
/** Somebody who has lost the right to watch is noticed within this time. */
const CHECK_EVERY_MS = 60_000;
const MOST_WATCHERS = 50;
/** One who does not read what comes is let go when this much waits, in bytes. */
const MOST_PENDING_BYTES = 1_000_000;

interface Watcher {
  readonly response: ServerResponse;
  readonly isAllowed: () => Promise<boolean>;
  quietMs: number;
  checkedMs: number;
}

/** Those who have the page open: the state goes to them when it has changed. While there is none, nothing happens. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();
  readonly #scheduler: Scheduler;
  readonly #state: () => PanelState;
  #job: Disposable | undefined;
  #last = '';

  constructor({ scheduler, state }: { readonly scheduler: Scheduler; readonly state: () => PanelState }) {
    this.#scheduler = scheduler;
    this.#state = state;
  }

  get isFull(): boolean {
    return this.#watchers.size >= MOST_WATCHERS;
  }

  /** @param first what is told at once, beside the state */
  add(response: ServerResponse, isAllowed: () => Promise<boolean>, first: string): void {
    beginEvents(response);
    const watcher = { response, isAllowed, quietMs: 0, checkedMs: 0 };
    response.on('close', () => this.#remove(watcher));
    response.write(`retry: 2000\n${first}event: state\ndata: ${JSON.stringify(this.#state())}\n\n`);
    this.#watchers.add(watcher);
    this.#job ??= this.#plan();
  }

  /** Ends all streams. */
  close(): void {
    for (const { response } of this.#watchers) response.end();
    this.#watchers.clear();
    this.#job?.[Symbol.dispose]();
    this.#job = undefined;
  }

  #remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#job?.[Symbol.dispose]();
    this.#job = undefined;
  }

  #plan(): Disposable {
    return this.#scheduler.schedule('crowdsec:panel-events', LOOK_EVERY_MS, () => this.#look());
  }

  #look(): void {
    this.#job = this.#watchers.size > 0 ? this.#plan() : undefined;
    const state = this.#state();
    // The moment alone is no news.
    const { now: _, sample, ...rest } = state;
    const content = JSON.stringify({ ...rest, sample: { ...sample, at: 0 } });
    const isNews = content !== this.#last;
    this.#last = content;
    const event = isNews ? `event: state\ndata: ${JSON.stringify(state)}\n\n` : undefined;
    for (const watcher of this.#watchers) this.#tell(watcher, event);
  }

  #tell(watcher: Watcher, event: string | undefined): void {
    const { response } = watcher;
    if (response.writableLength > MOST_PENDING_BYTES) {
      response.destroy();
      return;
    }
    watcher.quietMs += LOOK_EVERY_MS;
    watcher.checkedMs += LOOK_EVERY_MS;
    if (event !== undefined || watcher.quietMs >= SILENCE_MS) {
      watcher.quietMs = 0;
      response.write(event ?? ':\n\n');
    }
    if (watcher.checkedMs < CHECK_EVERY_MS) return;
    watcher.checkedMs = 0;
    void watcher.isAllowed().then((isAllowed) => {
      if (!isAllowed) response.end();
    });
  }
}
