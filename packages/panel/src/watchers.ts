import type { ServerResponse } from 'node:http';
import type { Scheduler } from '@crowdsec-sdk/core';
import { beginEvents } from './answers.js';
import type { PanelState } from './state.js';

const POLL_INTERVAL_MS = 1_000;
/** Proxies cut connections on which nothing comes. */
const KEEP_ALIVE_MS = 15_000;
/** Somebody who has lost the right to watch is noticed within this time. */
const AUTHORIZATION_INTERVAL_MS = 60_000;
const MAX_WATCHERS = 50;
/** One who does not read what comes is let go when this much waits, in bytes. */
const MAX_PENDING_BYTES = 1_000_000;

interface Watcher {
  readonly response: ServerResponse;
  readonly isAllowed: () => Promise<boolean>;
  idleMs: number;
  sinceCheckMs: number;
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
    return this.#watchers.size >= MAX_WATCHERS;
  }

  /** @param first what is told at once, beside the state */
  add(response: ServerResponse, isAllowed: () => Promise<boolean>, first: string): void {
    beginEvents(response);
    const watcher = { response, isAllowed, idleMs: 0, sinceCheckMs: 0 };
    response.on('close', () => this.#remove(watcher));
    response.write(`retry: 2000\n${first}event: state\ndata: ${JSON.stringify(this.#state())}\n\n`);
    this.#watchers.add(watcher);
    this.#job ??= this.#schedule();
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

  #schedule(): Disposable {
    return this.#scheduler.schedule('crowdsec:panel-events', POLL_INTERVAL_MS, () => this.#poll());
  }

  #poll(): void {
    this.#job = this.#watchers.size > 0 ? this.#schedule() : undefined;
    const state = this.#state();
    // The moment alone is no news.
    const { now: _, sample, ...rest } = state;
    const content = JSON.stringify({ ...rest, sample: { ...sample, at: 0 } });
    const hasChanged = content !== this.#last;
    this.#last = content;
    const event = hasChanged ? `event: state\ndata: ${JSON.stringify(state)}\n\n` : undefined;
    for (const watcher of this.#watchers) this.#send(watcher, event);
  }

  #send(watcher: Watcher, event: string | undefined): void {
    const { response } = watcher;
    if (response.writableLength > MAX_PENDING_BYTES) {
      response.destroy();
      return;
    }
    watcher.idleMs += POLL_INTERVAL_MS;
    watcher.sinceCheckMs += POLL_INTERVAL_MS;
    if (event !== undefined || watcher.idleMs >= KEEP_ALIVE_MS) {
      watcher.idleMs = 0;
      response.write(event ?? ':\n\n');
    }
    if (watcher.sinceCheckMs < AUTHORIZATION_INTERVAL_MS) return;
    watcher.sinceCheckMs = 0;
    void watcher.isAllowed().then((isAllowed) => {
      if (!isAllowed) response.end();
    });
  }
}
