import type { ServerResponse } from 'node:http';
import { consoleLogger, systemClock, timerScheduler, type Crowdsec, type Logger } from '@crowdsec-sdk/core';
import { addDecision, explain, flush, liftDecision, type ActionAnswer } from './actions.js';
import { answer, answerJson, answerNotFound } from './answers.js';
import { assetAt } from './assets.js';
import { DetectionLog } from './detection-log.js';
import { locate, withSlash, type Location } from './location.js';
import { checkAgent, checkPanelOptions, type Authorize, type PanelOptions, type PanelRequest } from './options.js';
import { readBody } from './read-body.js';
import { isFromPage } from './same-origin.js';
import { Samples } from './samples.js';
import { stateOf, withCures, type PanelState } from './state.js';
import { Watchers } from './watchers.js';

/** The panel as a handler of Node, Express and Connect. */
export interface PanelHandler {
  /**
   * Answers a request. One that is not about the panel, by the option `path`, goes to `next`, or is answered 404.
   *
   * Resolves when it is answered; never rejects.
   */
  (request: PanelRequest, response: ServerResponse, next?: (error?: unknown) => void): Promise<void>;
  /** Whether a request is about the panel, for hosts that choose handlers themselves; needs the option `path`. */
  owns(request: PanelRequest): boolean;
  /** Ends its streams and its samples. The agent goes on. */
  close(): void;
}

/**
 * A page that shows what an agent does, and lifts and adds bans.
 *
 * ```ts
 * app.use('/crowdsec', crowdsecPanel({ crowdsec, authorize: (request) => isAdmin(request) }));
 * ```
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`, without `authorize` above all
 */
export function crowdsecPanel(options: PanelOptions): PanelHandler {
  checkPanelOptions(options);
  checkAgent(options);
  const panel = new Panel(options);
  return Object.assign(panel.handle, {
    owns: (request: PanelRequest) => options.path !== undefined && locate(request, options.path) !== undefined,
    close: () => panel.close(),
  });
}

const PROBES: ReadonlySet<string> = new Set(['health', 'metrics.json']);

class Panel {
  readonly #options: PanelOptions;
  readonly #crowdsec: Crowdsec;
  readonly #logger: Pick<Logger, 'error'>;
  readonly #samples: Samples;
  readonly #detections: DetectionLog;
  readonly #watchers: Watchers;

  constructor(options: PanelOptions) {
    const { crowdsec, clock = systemClock, scheduler = timerScheduler, logger = consoleLogger() } = options;
    this.#options = options;
    this.#crowdsec = crowdsec;
    this.#logger = logger;
    this.#samples = new Samples({ crowdsec, clock, scheduler });
    this.#detections = new DetectionLog(crowdsec, () => clock.now());
    this.#watchers = new Watchers({ scheduler, state: () => this.#state() });
  }

  readonly handle = async (
    request: PanelRequest,
    response: ServerResponse,
    next?: (error?: unknown) => void,
  ): Promise<void> => {
    const location = locate(request, this.#options.path);
    if (location === undefined) return next === undefined ? answerNotFound(response) : next();
    try {
      const { authorize, authorizeProbe = authorize } = this.#options;
      const isProbe = PROBES.has(location.path);
      if (!(await this.#isAllowed(isProbe ? authorizeProbe : authorize, request))) return answerNotFound(response);
      if (request.method === 'GET' || request.method === 'HEAD') return this.#get(location, request, response);
      if (request.method === 'POST') return await this.#post(location, request, response);
      answer(response, 405, { allow: 'GET, HEAD, POST' });
    } catch (error) {
      this.#logger.error(`The panel failed: ${error instanceof Error ? error.message : 'no reason given'}`);
      if (response.headersSent) response.destroy();
      else answerJson(response, 500, { message: 'The panel failed; the log says why.' });
    }
  };

  close(): void {
    this.#watchers.close();
    this.#samples.stop();
    this.#detections.stop();
  }

  /** Nothing but `true` opens. */
  async #isAllowed(authorize: Authorize, request: PanelRequest): Promise<boolean> {
    try {
      const answer: unknown = await authorize(request);
      return answer === true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'no reason given';
      this.#logger.error(`authorize of the panel failed, so it stays closed: ${reason}`);
      return false;
    }
  }

  #get({ path, query, lacksSlash }: Location, request: PanelRequest, response: ServerResponse): void {
    switch (path) {
      case 'events':
        return this.#watch(request, response);
      case 'explain':
        return send(response, explain(this.#crowdsec, query.get('ip') ?? ''));
      case 'health':
        return this.#health(response);
      case 'metrics.json':
        return answerJson(response, 200, { ...this.#state(), samples: this.#samples.all });
      case '':
        if (lacksSlash) return answer(response, 308, { location: withSlash(request) });
    }
    const asset = assetAt(path);
    if (asset === undefined) return answerNotFound(response);
    answer(response, 200, { 'content-type': asset.type, body: asset.body });
  }

  async #post({ path }: Location, request: PanelRequest, response: ServerResponse): Promise<void> {
    if (!isFromPage(request)) {
      return answerJson(response, 403, { message: 'Changes are taken from the page itself alone.' });
    }
    const input = await readBody(request);
    if (input === undefined)
      return answerJson(response, 400, { message: 'The body must be a JSON object of at most 4 KiB.' });
    switch (path) {
      case 'decide':
        return send(response, addDecision(this.#crowdsec, input, request));
      case 'lift':
        return send(response, liftDecision(this.#crowdsec, input));
      case 'flush':
        return send(response, await flush(this.#crowdsec));
    }
    answerNotFound(response);
  }

  #watch(request: PanelRequest, response: ServerResponse): void {
    if (this.#watchers.isFull) return answerJson(response, 503, { message: 'Too many have the panel open.' });
    const isAllowed = (): Promise<boolean> => this.#isAllowed(this.#options.authorize, request);
    const samples = JSON.stringify(this.#samples.all);
    this.#watchers.add(response, isAllowed, `event: samples\ndata: ${samples}\n\n`);
  }

  #health(response: ServerResponse): void {
    const { status, problems } = this.#crowdsec.health();
    answerJson(response, status === 'unavailable' ? 503 : 200, { status, problems: withCures(problems) });
  }

  #state(): PanelState {
    const health = this.#crowdsec.health();
    const sample = this.#samples.of(health);
    return stateOf(this.#crowdsec, { health, sample, detections: this.#detections.latest });
  }
}

function send(response: ServerResponse, { status, body }: ActionAnswer): void {
  answerJson(response, status, body);
}
