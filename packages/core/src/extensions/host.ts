import type { Remedy, RemedyAnswer, RemedyRequest } from '../bouncer/remedy.js';
import type { Answer, RequestObserver, RequestTraits } from '../bouncer/request-observer.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { DecisionSource } from '../sources/decision-source.js';
import type { Store } from '../store/store.js';
import type { Actions, ActionResult } from './outcome-executor.js';
import { checkAppEvent } from './check-app-event.js';
import { checkExtensions } from './check-extensions.js';
import type { AppEventKind, ObservedFacts, DetectionEvent, RequestEvent } from './detection-event.js';
import { EventQueue } from './event-queue.js';
import { extensionContext } from './extension-context.js';
import type { ExtensionHealth, ExtensionState } from './extension-health.js';
import type { Extension } from './extension.js';
import type { HostedDetector } from './hosted-detector.js';
import { HostedExtension } from './hosted-extension.js';
import { Listeners } from './listeners.js';
import { RequestListeners } from './request-listeners.js';
import { Stopwatch } from './stopwatch.js';

export interface ExtensionHostOptions {
  readonly extensions: readonly Extension[];
  readonly actions: Actions;
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly listener: ExtensionListener;
}

/** Is told what extensions find, and how they fare. */
export interface ExtensionListener {
  detected(detection: Detection): void;
  changed(change: ExtensionChange): void;
}

/** What a detector found, and what became of it. */
export interface Detection extends ActionResult {
  readonly extension: string;
  readonly detector: string;
}

/** An extension is in another state. */
export interface ExtensionChange {
  readonly name: string;
  readonly state: ExtensionState;
  readonly reason?: string;
  readonly retryAt?: number;
}

/**
 * Runs extensions: shows them what happens, acts on what they find, and keeps what they do wrong to themselves. Nothing here throws or
 * waits on the way of a request.
 */
export class ExtensionHost implements RequestObserver {
  readonly #options: ExtensionHostOptions;
  readonly #extensions: readonly Extension[];
  readonly #hosted: readonly HostedExtension[];
  readonly #stopwatch: Stopwatch;
  readonly #queue: EventQueue;
  /** The detectors of active extensions: those that requests do not wait for, and what runs before a request goes on. */
  #listeners: Listeners;
  #requests: RequestListeners;
  #started: Promise<void> | undefined;
  #invalidIps = 0;
  #lastEventTime = 0;
  /** How many slices of the queue there had been at that time. */
  #slicesAtLastEventTime = -1;
  wantsRequests = false;
  wantsResponses = false;

  /** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong, duplicate names included */
  constructor(options: ExtensionHostOptions) {
    this.#options = options;
    const { clock, scheduler, logger, listener, actions, store } = options;
    const stopwatch = (this.#stopwatch = new Stopwatch(clock));
    this.#listeners = new Listeners([], stopwatch);
    this.#requests = this.#requestListeners([]);
    this.#queue = new EventQueue(stopwatch, (events) => this.#listeners.show(events));
    const extensions = (this.#extensions = checkExtensions(options.extensions));
    this.#hosted = extensions.map(
      (extension) =>
        new HostedExtension({
          extension,
          actions,
          clock,
          scheduler,
          stopwatch,
          logger,
          contextOf: (hosted, signal) => extensionContext({ actions, store, clock, scheduler, logger }, hosted, signal),
          onChange: ({ name, state, health: { reason, retryAt } }) => {
            this.#subscribe();
            listener.changed({ name, state, ...(reason && { reason }), ...(retryAt && { retryAt }) });
          },
          onActionResult: ({ name }, detector, result) => listener.detected({ extension: name, detector, ...result }),
        }),
    );
  }

  /** What all of them report. */
  get scenarios(): readonly string[] {
    return this.#extensions.flatMap(({ scenarios = [] }) => scenarios);
  }

  /** Where decisions come from beside CAPI. */
  get sources(): readonly DecisionSource[] {
    return this.#extensions.flatMap(({ sources = [] }) => sources);
  }

  get health(): readonly ExtensionHealth[] {
    return this.#hosted.map((hosted) => hosted.health);
  }

  /** Scenarios that may be acted on no more this hour. */
  get cappedScenarios(): readonly string[] {
    return this.#hosted.flatMap(({ executor }) => executor.spent);
  }

  /** Events that no detector saw because too many waited. */
  get droppedEvents(): number {
    return this.#queue.dropped;
  }

  /** What the application told of a client without an address, by the reason for which no detector was shown it. */
  get refusedEvents(): Readonly<Partial<Record<'invalid-ip', number>>> {
    return this.#invalidIps === 0 ? {} : { 'invalid-ip': this.#invalidIps };
  }

  /** Activates all, each for itself; what takes longer than 5 s is switched off. */
  start(): Promise<void> {
    this.#started ??= Promise.all(this.#hosted.map((hosted) => hosted.activate())).then(() => undefined);
    return this.#started;
  }

  /** Shows what still waits, hears the answers to it, then disposes in reverse order, one after the other. */
  async stop(): Promise<void> {
    await this.#showAll();
    for (const hosted of this.#hosted.toReversed()) await hosted.dispose();
  }

  /** Brings back those whose time has come, and shows what waits: for hosts whose timers do not run between calls. */
  async runDue(): Promise<void> {
    await Promise.all(this.#hosted.map((hosted) => hosted.resumeIfDue()));
    await this.#showAll();
  }

  /** The built-in remedies with those of extensions over them; while an extension is off, the built-in one of the name serves, or none. */
  remedies(builtIn: Readonly<Record<string, Remedy>>): Readonly<Record<string, Remedy>> {
    const contributed = this.#hosted.flatMap((hosted) =>
      Object.entries(hosted.extension.remedies ?? {}).map(([name, remedy]) => {
        const guarded = (request: RemedyRequest): RemedyAnswer | Promise<RemedyAnswer> => {
          if (hosted.isActive) return remedy(request);
          return builtIn[name]?.(request) ?? 'unhandled';
        };
        return [name, guarded] as const;
      }),
    );
    return { ...builtIn, ...Object.fromEntries(contributed) };
  }

  catchUp(ip: string): void {
    this.#queue.catchUp(ip);
  }

  request(ip: string, traits: RequestTraits): boolean {
    return this.#requests.request(ip, traits);
  }

  wantsStatus(status: number): boolean {
    return this.#listeners.hasStatus(status);
  }

  response(ip: string, traits: RequestTraits, { status, durationMs }: Answer): void {
    const { method, path, userAgent, action } = traits;
    const at = this.#eventTime();
    this.#queue.add(Object.freeze({ kind: 'response', ip, at, method, path, userAgent, action, status, durationMs }));
  }

  remedyFailed(remediation: string, error: unknown): void {
    const hosted = this.#hosted.find(({ extension }) => Object.hasOwn(extension.remedies ?? {}, remediation));
    if (hosted?.isActive) hosted.failed(`remedy ${remediation}`, error);
  }

  /** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a kind that is none, or when no `ip` is named: mistakes of the caller, not of the visitor */
  observe(kind: AppEventKind, given: ObservedFacts): void {
    const { ip, facts } = checkAppEvent(kind, given);
    if (ip === undefined) this.#invalidIps++;
    if (ip === undefined || !this.#listeners.has(kind)) return;
    this.#queue.add(Object.freeze({ kind, ip, at: this.#options.clock.now(), facts: Object.freeze(facts()) }));
  }

  /** Shows an event to all who listen to it, in this turn: for events that come from elsewhere, such as a log. */
  show(event: DetectionEvent): void {
    if (event.kind === 'request') this.#requests.show(event);
    this.#stopwatch.start();
    this.#listeners.show([event]);
  }

  /** Shows what waits, and hears the answers to it. */
  async #showAll(): Promise<void> {
    await this.#queue.drain();
    await Promise.all(this.#hosted.map((hosted) => hosted.answered()));
  }

  /** The wall time of an event, read once for all that happen before the detectors get their next turn. */
  #eventTime(): number {
    const { isScheduled, slices } = this.#queue;
    if (!isScheduled || slices !== this.#slicesAtLastEventTime) {
      this.#lastEventTime = this.#options.clock.now();
      this.#slicesAtLastEventTime = slices;
    }
    return this.#lastEventTime;
  }

  readonly #requestEvent = (ip: string, { method, path, userAgent, action }: RequestTraits): RequestEvent =>
    Object.freeze({ kind: 'request', ip, at: this.#eventTime(), method, path, userAgent, action });

  #requestListeners(detectors: readonly HostedDetector[]): RequestListeners {
    return new RequestListeners({
      detectors,
      stopwatch: this.#stopwatch,
      eventOf: this.#requestEvent,
      queue: (event) => this.#queue.add(event),
    });
  }

  #subscribe(): void {
    const detectors = this.#hosted.filter(({ isActive }) => isActive).flatMap((hosted) => hosted.detectors);
    const ofRequests = detectors.filter(({ detector }) => detector.on.includes('request'));
    this.#requests = this.#requestListeners(ofRequests);
    this.#listeners = new Listeners(
      detectors.filter(({ detector }) => !detector.blocking),
      this.#stopwatch,
    );
    this.wantsRequests = ofRequests.length > 0;
    this.wantsResponses = this.#listeners.has('response');
  }
}
