import type { Captcha } from '../captcha/captcha.js';
import { messageOf } from '../errors.js';
import type { AgentContext } from './agent-context.js';
import type { StoppedParts } from './stop-agent.js';

/** How soon a store that was out of reach at the start is asked again. */
const STORE_RETRY_MS = 5_000;

/** What begins with what the store knows. */
interface OpenedParts extends Pick<StoppedParts, 'networks' | 'refresher' | 'localSync' | 'signals'> {
  readonly captcha: Pick<Captcha, 'start'> | undefined;
}

/** Starts the parts that begin with what the store knows; a store out of reach is asked again until it answers. */
export class StoreOpening {
  readonly #context: Pick<AgentContext, 'scheduler' | 'logger'>;
  readonly #parts: OpenedParts;
  #isStopped = false;
  #hasFailed = false;
  #job: Disposable | undefined;

  constructor(context: Pick<AgentContext, 'scheduler' | 'logger'>, parts: OpenedParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Reads what the store knows and starts the jobs. Resolves after the first try; never rejects. */
  async start(): Promise<void> {
    const { logger, scheduler } = this.#context;
    const { networks, refresher, localSync, signals, captcha } = this.#parts;
    const opened = await Promise.allSettled([
      ...networks.map((network) => network.start()),
      refresher.start(),
      localSync.start(),
      signals.start(),
      captcha?.start(),
    ]);
    const failed = opened.find((part) => part.status === 'rejected');
    if (failed === undefined) {
      if (this.#hasFailed) logger.info('The store is back.', { code: 'STORE_BACK' });
      this.#hasFailed = false;
      return;
    }
    // What a stop breaks off is no trouble of the store.
    if (this.#isStopped) return;
    if (!this.#hasFailed) {
      logger.warn(
        `The agent serves from memory and sends nothing until its store answers: ${messageOf(failed.reason)}`,
        { code: 'STORE_UNAVAILABLE', error: failed.reason },
      );
    }
    this.#hasFailed = true;
    this.#job = scheduler.schedule('crowdsec:store', STORE_RETRY_MS, () => this.start());
  }

  /** The store is not asked again. */
  stop(): void {
    this.#isStopped = true;
    this.#job?.[Symbol.dispose]();
  }
}
