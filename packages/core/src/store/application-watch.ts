import * as z from 'zod';
import { notInFuture, type Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import { storedMomentSchema } from '../stored-moment.js';
import type { Store } from './store.js';

/** How often processes tell that their application runs, in ms. */
const EVERY_MS = 2 * 60_000;
/** One process tells it for all of its application. */
const TOLD_MS = EVERY_MS - 20_000;
/** An application that was last told of longer ago than this, in ms, runs no more. */
const ALIVE_MS = 2.5 * EVERY_MS;
/** Two versions of one application run side by side while it is deployed: longer than that, they are two. */
const DEPLOY_MS = 15 * 60_000;
/** Held for as long as it takes to read and write the record. */
const LEASE_MS = 5_000;
/** More than anybody runs in one namespace. */
const MAX_APPLICATIONS = 20;
/** How many scenarios a message names. */
const MAX_NAMED = 5;

const recordSchema = z.array(
  z.object({
    userAgent: z.string(),
    scenarios: z.array(z.string()),
    /** When it was first told of, of all times without a gap since. */
    since: storedMomentSchema,
    seenAt: storedMomentSchema,
  }),
);

type Applications = z.output<typeof recordSchema>;

/** What tells applications apart: not their versions, which change with each deploy. */
export interface ApplicationIdentity {
  /** The product's name in the user agent, without its version. */
  readonly userAgent: string;
  /** All that may be reported. */
  readonly scenarios: readonly string[];
}

export interface ApplicationWatchOptions {
  readonly store: Store;
  readonly application: ApplicationIdentity;
  readonly namespace: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/**
 * Notices that two applications use one namespace, and so are one machine to the network: with the default options all applications of
 * a user are. They differ in their scenarios or in the name of their product. Two versions of one do so too, while it is deployed: only what
 * has run side by side for a quarter of an hour is told of, once by each process, and by health for as long as it lasts.
 */
export class ApplicationWatch {
  readonly #options: ApplicationWatchOptions;
  readonly #own: ApplicationIdentity;
  #job: Disposable | undefined;
  #flight: Promise<void> | undefined;
  #isRunning = false;
  #other: Applications[number] | undefined;
  readonly #loggedNames = new Set<string>();

  constructor(options: ApplicationWatchOptions) {
    this.#options = options;
    const { userAgent, scenarios } = options.application;
    this.#own = { userAgent, scenarios: [...new Set(scenarios)].sort() };
  }

  /** What is wrong, as health tells it; `undefined` while this application is alone. */
  get problem(): { readonly code: 'NAMESPACE_SHARED'; readonly message: string } | undefined {
    return this.#other && { code: 'NAMESPACE_SHARED', message: this.#messageAbout(this.#other) };
  }

  /** Looks at once and then every two minutes. Resolves after the first look; never rejects. */
  async start(): Promise<void> {
    if (this.#isRunning || !this.#options.store.shared) return;
    this.#isRunning = true;
    await this.#run();
  }

  /** Ends the job, and waits for the look that is on its way. Never rejects. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#job?.[Symbol.dispose]();
    await this.#flight;
  }

  async #run(): Promise<void> {
    await (this.#flight = this.#look());
    const { scheduler } = this.#options;
    if (this.#isRunning) this.#job = scheduler.schedule('crowdsec:applications', EVERY_MS, () => this.#run());
  }

  async #look(): Promise<void> {
    try {
      const running = await this.#tellAndRead();
      const own = running.find((each) => this.#isOwn(each));
      const now = this.#options.clock.now();
      this.#other = running.find(
        (each) => own !== undefined && each !== own && now - Math.max(own.since, each.since) >= DEPLOY_MS,
      );
      if (this.#other !== undefined) this.#say(this.#other);
    } catch {
      // A store that does not answer is told of by those who need it.
    }
  }

  /** The applications that run, ours told of. */
  async #tellAndRead(): Promise<Applications> {
    const { store, clock } = this.#options;
    const running = await this.#read();
    const own = running.find((each) => this.#isOwn(each));
    if (own !== undefined && clock.now() - own.seenAt < TOLD_MS) return running;
    const lease = await store.lease('applications', LEASE_MS);
    if (lease === undefined) return running;
    try {
      const fresh = await this.#read();
      const now = clock.now();
      const { since = now } = fresh.find((each) => this.#isOwn(each)) ?? {};
      const record = { ...this.#own, scenarios: [...this.#own.scenarios], since, seenAt: now };
      const all = [record, ...fresh.filter((each) => !this.#isOwn(each))].slice(0, MAX_APPLICATIONS);
      await lease.put('applications', all);
      return all;
    } finally {
      await lease.release().catch(() => undefined);
    }
  }

  async #read(): Promise<Applications> {
    const { store, clock } = this.#options;
    const read = await store.read('applications', (value) => recordSchema.parse(value));
    if (read.state !== 'present') return [];
    const now = clock.now();
    return read.value
      .map((each) => ({ ...each, since: notInFuture(each.since, now), seenAt: notInFuture(each.seenAt, now) }))
      .filter(({ seenAt }) => now - seenAt < ALIVE_MS);
  }

  #isOwn(each: ApplicationIdentity): boolean {
    return nameOf(each) === nameOf(this.#own);
  }

  #say(other: ApplicationIdentity): void {
    const name = nameOf(other);
    if (this.#loggedNames.has(name)) return;
    this.#loggedNames.add(name);
    const { namespace } = this.#options;
    this.#options.logger.warn(this.#messageAbout(other), { code: 'NAMESPACE_SHARED', namespace });
  }

  #messageAbout({ userAgent, scenarios }: ApplicationIdentity): string {
    const { namespace, store } = this.#options;
    const others = scenarios.filter((scenario) => !this.#own.scenarios.includes(scenario));
    const named = (others.length > 0 ? others : scenarios).slice(0, MAX_NAMED).join(', ');
    const reports = named === '' ? 'reports nothing' : `reports ${named}`;
    return (
      `Another application uses the namespace '${namespace}' of the store (${store.description}): it ${reports} as ${userAgent}. ` +
      'The two are one machine to the network, with one budget, one set of decisions and one journal. ' +
      'Give each a `namespace` of its own, or a `stateDir`; parts of one application should have the same scenarios.'
    );
  }
}

function nameOf({ userAgent, scenarios }: ApplicationIdentity): string {
  return [userAgent, ...scenarios].join(' ');
}
