import type { Fetch } from '../http/fetch.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Store } from '../store/store.js';
import type { Remedy, RemedyAnswer, RemedyRequest } from '../bouncer/remedy.js';
import { readHeader, type BouncerResponse } from '../bouncer/verdict.js';
import { CaptchaAnswers } from './captcha-answers.js';
import { CaptchaCounter, type CaptchaCounts } from './captcha-counter.js';
import { CaptchaKeys } from './captcha-keys.js';
import type { ParsedCaptchaOptions } from './captcha-options.js';
import { CaptchaPasses, CLOCK_SLACK_MS, type PassHolder } from './captcha-pass.js';
import type { CaptchaSolved } from './captcha-solved.js';
import { CAPTCHA_HEADER, captchaQuestion, type CaptchaQuestion } from './captcha-protocol.js';
import { ClientLedger } from './client-ledger.js';
import { ProofOfWork } from './proof-of-work.js';
import { ProviderCheck } from './provider-check.js';
import { SolutionCheck } from './solution-check.js';
import { UsedChallenges } from './used-challenges.js';

export interface CaptchaParts {
  readonly options: ParsedCaptchaOptions;
  readonly store: Pick<Store, 'read' | 'lease' | 'claim'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asks a provider. */
  readonly fetch: Fetch;
  /** Breaks questions to a provider off. */
  readonly signal?: AbortSignal | undefined;
  /** Clients may be asked whom no decision names, by AppSec: then anybody may solve at the endpoint. */
  readonly asksAnybody?: boolean | undefined;
  readonly onSolved?: ((solved: CaptchaSolved) => void) | undefined;
}

/** How many challenges are made at once; each takes a thread for a millisecond. Beyond that clients are asked to come again. */
const MAX_CONCURRENT_CHALLENGES = 16;

/**
 * The captcha: whoever is to be asked meets a wall, whose script solves a task and gets a cookie for it; whoever has the cookie passes.
 * All of it is one remedy, for the script speaks with the URL that showed the wall; the endpoint says the same.
 */
export class Captcha {
  readonly #path: string;
  readonly #workPerChallenge: number;
  readonly #keys: CaptchaKeys;
  readonly #answers: CaptchaAnswers;
  readonly #counter = new CaptchaCounter();
  readonly #ledger: ClientLedger;
  readonly #passes: CaptchaPasses;
  readonly #work: ProofOfWork;
  readonly #provider: ProviderCheck | undefined;
  readonly #solutions: SolutionCheck;
  readonly #asksAnybody: boolean;
  #challengesInProgress = 0;

  constructor(parts: CaptchaParts) {
    const { options, store, clock, logger } = parts;
    const { path, work, provider, providerTimeoutMs: timeoutMs } = options;
    const keepMs = options.passMs + 2 * CLOCK_SLACK_MS;
    const keys = (this.#keys = new CaptchaKeys({ store, clock, logger, keepMs }));
    this.#path = path;
    this.#asksAnybody = parts.asksAnybody ?? false;
    this.#workPerChallenge = work;
    this.#answers = new CaptchaAnswers(options);
    this.#ledger = new ClientLedger({ clock, perMinute: options.requestsPerMinute });
    this.#passes = new CaptchaPasses({ ...options, keys, clock });
    this.#work = new ProofOfWork({ keys, clock });
    this.#provider = provider && new ProviderCheck({ ...parts, provider, timeoutMs });
    this.#solutions = new SolutionCheck({
      keys,
      passes: this.#passes,
      work: this.#work,
      used: new UsedChallenges({ store, clock }),
      provider: this.#provider,
      onProviderFailure: options.onProviderFailure,
      ledger: this.#ledger,
      answers: this.#answers,
      counter: this.#counter,
      onSolved: parts.onSolved,
    });
  }

  /** Reads from the store what passes are checked by. Rejects when it does not answer; calling it again tries again. */
  start(): Promise<void> {
    return this.#keys.preload();
  }

  /** What became of it in this process. */
  get counts(): CaptchaCounts {
    return this.#counter.counts;
  }

  /** Whether a request is for the endpoint, at the root or below a prefix that a proxy or a framework has put there. */
  isEndpoint(path: string): boolean {
    const prefixLength = path.length - this.#path.length;
    return prefixLength >= 0 && path.charCodeAt(prefixLength) === SLASH && path.endsWith(this.#path);
  }

  /** The remedy `captcha`. */
  readonly remedy: Remedy = (request) => {
    const { facts } = request;
    const header = readHeader(facts.headers, CAPTCHA_HEADER);
    const isEndpoint = this.isEndpoint(facts.path);
    if (header === undefined && !isEndpoint) return this.#checkPass(request);
    const question = captchaQuestion(header) ?? this.#questionOf(request);
    if (question === undefined) return this.#wall(request);
    return this.#serve(request, question);
  };

  /** What the endpoint answers to those whom no decision asks for a captcha: that they may go on. */
  readonly answerOthers: Remedy = (request) => {
    if (this.#asksAnybody) return this.remedy({ ...request, remediation: 'captcha' });
    const { facts } = request;
    const isScript = readHeader(facts.headers, CAPTCHA_HEADER) !== undefined;
    if (isScript || this.#answers.formatFor(facts) !== 'html') return { served: this.#notRequired() };
    return { served: { ...this.#answers.wall(facts), status: 200 } };
  };

  #checkPass(request: RemedyRequest): RemedyAnswer | Promise<RemedyAnswer> {
    const answer = this.#passes.admits(readHeader(request.facts.headers, 'cookie'), holderOf(request));
    if (typeof answer === 'boolean') return this.#conclude(request, answer);
    return answer.then((hasPass) => this.#conclude(request, hasPass));
  }

  #conclude(request: RemedyRequest, hasPass: boolean): RemedyAnswer {
    if (!hasPass) return this.#wall(request);
    this.#counter.passed++;
    return 'pass';
  }

  #wall({ facts }: RemedyRequest): BouncerResponse {
    this.#counter.shown++;
    return this.#answers.wall(facts);
  }

  /** At the endpoint, a program that reads JSON asks for a challenge without saying so. */
  #questionOf({ facts }: RemedyRequest): CaptchaQuestion | undefined {
    const asksForChallenge = facts.method === 'GET' && this.#answers.formatFor(facts) === 'json';
    return asksForChallenge ? { kind: 'challenge' } : undefined;
  }

  async #serve(request: RemedyRequest, question: CaptchaQuestion): Promise<RemedyAnswer> {
    const holder = holderOf(request);
    if (await this.#passes.admits(readHeader(request.facts.headers, 'cookie'), holder))
      return { served: this.#notRequired() };
    const waitMs = this.#ledger.request(holder.ip);
    if (waitMs > 0) {
      this.#counter.limited++;
      return { served: this.#answers.scriptRefusal('limited', 429, { ...TOO_OFTEN, retryAfterMs: waitMs }) };
    }
    switch (question.kind) {
      case 'challenge':
        return { served: await this.#challenge(holder) };
      case 'solution':
        return { served: await this.#solutions.answer(request, holder, question.text) };
      case 'unknown':
        this.#counter.refused++;
        return { served: this.#answers.scriptRefusal('refused', 400, UNKNOWN_QUESTION) };
    }
  }

  async #challenge(holder: PassHolder): Promise<BouncerResponse> {
    if (this.#provider !== undefined && !this.#solutions.usesProofOfWork) {
      const { name, global, siteKey, scriptUrl } = this.#provider.provider;
      this.#counter.challenges++;
      return this.#answers.scriptAnswer('challenge', { provider: { name, global, siteKey, scriptUrl } });
    }
    if (this.#challengesInProgress >= MAX_CONCURRENT_CHALLENGES) {
      this.#counter.limited++;
      return this.#answers.scriptRefusal('limited', 503, { ...BUSY, retryAfterMs: 2_000 });
    }
    this.#challengesInProgress++;
    try {
      const work = this.#workPerChallenge * this.#ledger.workFactor(holder.ip);
      const { challenge, mostTries } = await this.#work.challenge(holder, work);
      this.#counter.challenges++;
      return this.#answers.scriptAnswer('challenge', { challenge, mostTries });
    } finally {
      this.#challengesInProgress--;
    }
  }

  #notRequired(): BouncerResponse {
    return this.#answers.scriptAnswer('not-required', { required: false });
  }
}

const SLASH = 47;
const TOO_OFTEN = {
  code: 'too-often',
  detail: 'There were too many attempts from this address. Wait, then try again.',
};
const BUSY = { code: 'busy', detail: 'Too many challenges are being made at once. Try again in a moment.' };
const UNKNOWN_QUESTION = {
  code: 'malformed',
  detail: `The header ${CAPTCHA_HEADER} says "challenge", or "solution" and the solution in base64url.`,
};

function holderOf({ ip = 'unknown', remediation }: RemedyRequest): PassHolder {
  return { ip, remediation };
}
