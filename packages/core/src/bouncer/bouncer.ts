import { systemClock } from '../clock.js';
import { messageOf } from '../errors.js';
import { silentLogger, type Logger } from '../logger.js';
import type { IpRemediation } from '../remediation/ip-remediation.js';
import { answerWithin } from '../deadline.js';
import { timerScheduler } from '../scheduler.js';
import { SynchronousOptions } from '../synchronous-options.js';
import { AnswerObserver } from './answer-observer.js';
import type { BlockedRequest, BouncerOptions } from './bouncer-options.js';
import { checkedAnswer } from './checked-answer.js';
import { clientIpRule, type ClientIpRule } from './client-ip.js';
import { findingRemedy } from './finding-remedy.js';
import { inspectFurther, type FurtherInspection } from './inspect-further.js';
import { BARE_REFUSAL, block, pass } from './make-verdict.js';
import { recordNodeBody } from './node-body.js';
import { proxyWarnings } from './proxy-warnings.js';
import { isPromise, type Remedy, type RemedyAnswer, type RemedyRequest, type ServedAnswer } from './remedy.js';
import { RequestCounter, type RequestCounts } from './request-counter.js';
import type { InspectorFinding, RequestInspector } from './request-inspector.js';
import type { RequestOutcome } from './request-outcomes.js';
import { requestTraits } from './request-observer.js';
import { RequestProperty } from './request-property.js';
import { skipRule } from './skip-rule.js';
import { notifyBlocked } from './notify-blocked.js';
import type { NodeRequest, PassVerdict, RequestFacts, SettledVerdict, Verdict, VerdictFacts } from './verdict.js';

const REMEDY_DEADLINE_MS = 30_000;

/** Turns the facts of a request into a verdict. It knows no framework. */
export class Bouncer {
  /** For adapters: the verdicts about requests that were let through, so that a second guard does not ask again. */
  readonly verdicts = new RequestProperty<PassVerdict>();
  readonly #options: BouncerOptions;
  readonly #logger: Logger;
  readonly #remedies: ReadonlyMap<string, Remedy>;
  readonly #synchronous: SynchronousOptions;
  readonly #clientIp: ClientIpRule;
  readonly #skips: (facts: RequestFacts) => boolean;
  readonly #warn: ReturnType<typeof proxyWarnings>;
  readonly #counter = new RequestCounter();
  readonly #answers: AnswerObserver | undefined;

  /** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a bad address in `trustedProxies` */
  constructor(options: BouncerOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#remedies = new Map(Object.entries(options.remedies));
    this.#synchronous = new SynchronousOptions(this.#logger);
    this.#clientIp = clientIpRule(options, this.#synchronous);
    this.#skips = skipRule(options.skip ?? [], this.#synchronous);
    this.#warn = proxyWarnings(this.#logger);
    const { observer, clock = systemClock } = options;
    this.#answers = observer && new AnswerObserver(observer, clock);
    this.#counter.outcomes.mark(SKIPPED, 'skip');
  }

  /** Options whose functions answered by a promise, so that requests are judged without them. */
  get refusedOptions(): readonly string[] {
    return this.#synchronous.refused;
  }

  /** Whether clients of this remediation are let in because no remedy serves it. */
  letsUnhandledPass(remediation: string): boolean {
    return this.#options.onUnhandled !== 'block' && !this.#remedies.has(remediation);
  }

  /** For adapters that do not see all requests: whether one is for what is served beside the application, so that it must get here. */
  servesPath(path: string): boolean {
    return this.#options.endpoint?.isEndpoint(path) === true;
  }

  /** What became of the requests so far. */
  get counts(): RequestCounts {
    return this.#counter.counts;
  }

  /** What requests came to, by verdict, origin and remediation; those that AppSec or a remedy is still at work on are not among them. */
  get outcomes(): readonly RequestOutcome[] {
    return this.#counter.outcomes.all;
  }

  /** Whether it can tell a client where the host knows no peer address: by a number of proxies, or by `clientIp`. */
  get worksWithoutPeer(): boolean {
    return this.#clientIp.worksWithoutPeer;
  }

  /**
   * For hosts whose guard comes after a body parser: what keeps the body of a request for AppSec while the parser reads it; `undefined`
   * where nobody looks at bodies. Call it before the parser.
   */
  get recordBody(): ((request: NodeRequest) => void) | undefined {
    const { inspector } = this.#options;
    return inspector && ((request) => recordNodeBody(request, inspector.maxBodyBytes));
  }

  /** Who is calling, without a verdict and uncounted; `undefined` when it can't be told. Never throws. */
  clientIp(facts: RequestFacts): string | undefined {
    try {
      return this.#clientIp(facts).ip;
    } catch {
      return undefined;
    }
  }

  /**
   * What to do with a request. Synchronous; only the verdict of a remedy that answers by a promise, and the one about a request that
   * AppSec is asked about, are yet to be `settled`. Never throws.
   */
  inspect(facts: RequestFacts): Verdict {
    const verdict = this.#inspectRequest(facts);
    this.#counter.outcomes.count(verdict);
    return verdict;
  }

  #inspectRequest(facts: RequestFacts): Verdict {
    let ip: string | undefined;
    try {
      this.#counter.total++;
      if (this.#skips(facts) && !this.servesPath(facts.path)) {
        this.#counter.skipped++;
        return SKIPPED;
      }
      if (facts.disconnected === true) return this.#drop(facts);
      const client = this.#clientIp(facts);
      ip = client.ip;
      this.#options.usage?.process(ip);
      if (client.doubt !== undefined) this.#warn(client.doubt);
      const found = ip === undefined ? UNKNOWN_CLIENT : this.#remediationOf(ip, facts);
      this.#counter.find(found.origin, found.remediation);
      const verdict = this.#isLetThrough(found) ? this.#letThrough(facts, ip, found) : this.#refuse(facts, ip, found);
      const { inspector } = this.#options;
      return inspector === undefined ? verdict : this.#inspectFurther(inspector, facts, found, verdict);
    } catch (error) {
      if (ip === undefined) this.#options.usage?.process(ip);
      return this.#failed(facts, ip, error);
    }
  }

  /**
   * For hosts that can tell how a request was answered: what to call with the status once it was, or `undefined` when
   * nobody wants to know.
   */
  answering(facts: RequestFacts, verdict: Verdict): ((status: number) => void) | undefined {
    return this.#answers?.answering(facts, verdict);
  }

  #remediationOf(ip: string, facts: RequestFacts): IpRemediation {
    const { getIpRemediation, observer } = this.#options;
    observer?.catchUp(ip);
    const found = getIpRemediation(ip);
    if (observer?.wantsRequests !== true) return found;
    const passes = this.#options.mode === 'log' || this.#isLetThrough(found);
    const decided = observer.request(ip, requestTraits(facts, passes ? 'pass' : 'block'));
    return decided ? getIpRemediation(ip) : found;
  }

  #isLetThrough({ remediation, origin }: IpRemediation): boolean {
    const { onUnavailable, onInvalidIp } = this.#options;
    if (origin === 'unavailable') return onUnavailable !== 'block';
    if (origin === 'invalid') return onInvalidIp !== 'block';
    return remediation === 'bypass' || this.letsUnhandledPass(remediation);
  }

  #letThrough(facts: RequestFacts, ip: string | undefined, found: IpRemediation): SettledVerdict {
    const { endpoint } = this.#options;
    if (endpoint?.isEndpoint(facts.path) !== true) return pass(ip, found);
    const { remediation, origin } = found;
    return this.#apply(endpoint.answerOthers, { facts, ip, remediation, origin });
  }

  #inspectFurther(inspector: RequestInspector, facts: RequestFacts, found: IpRemediation, verdict: SettledVerdict) {
    const { ip } = verdict;
    const refuses = this.#options.mode === 'log' && !this.#isLetThrough(found);
    const further: FurtherInspection = {
      inspector,
      facts,
      isRefused: ({ action }) => action === 'block' || refuses,
      actOn: (finding) => this.#actOn(finding, facts, found, ip),
      failed: (error) => this.#failed(facts, ip, error),
    };
    return inspectFurther(further, verdict);
  }

  #actOn(
    finding: InspectorFinding,
    facts: RequestFacts,
    counted: IpRemediation,
    ip: string | undefined,
  ): SettledVerdict | Promise<SettledVerdict> {
    const { remediation, remedy } = findingRemedy(finding, this.#remedies);
    const found = { remediation, origin: finding.origin };
    this.#counter.replaceFound(counted, found);
    const isServed = remediation === 'bypass' || finding.response !== undefined;
    if (!isServed && this.letsUnhandledPass(remediation)) return pass(ip, found);
    const verdict = this.#refuse(facts, ip, found, remedy);
    return verdict.settled ?? verdict;
  }

  /** Nobody is there to be answered, so no remedy is asked, and none can let the request through. */
  #drop(facts: RequestFacts): SettledVerdict {
    this.#counter.find(DISCONNECTED.origin, DISCONNECTED.remediation);
    this.#options.usage?.process(undefined);
    if (this.#options.mode === 'log') return this.#refuse(facts, undefined, DISCONNECTED);
    this.#blocked(facts, { ip: undefined, ...DISCONNECTED });
    return block(undefined, DISCONNECTED, BARE_REFUSAL);
  }

  #refuse(facts: RequestFacts, ip: string | undefined, found: IpRemediation, given?: Remedy): SettledVerdict {
    const { remediation, origin } = found;
    if (this.#options.mode === 'log') {
      this.#counter.wouldBlock++;
      this.#logger.info(`Would block ${ip ?? 'an unknown client'}: ${remediation} by ${origin}.`, {
        code: 'WOULD_BLOCK',
        ip,
        remediation,
        origin,
      });
      this.#notifyBlocked(facts, { ip, remediation, origin }, false);
      return this.#counter.outcomes.mark(pass(ip, { remediation, origin }), 'would_block');
    }
    const remedy = given ?? this.#remedies.get(remediation) ?? this.#remedies.get('ban') ?? (() => BARE_REFUSAL);
    return this.#apply(remedy, { facts, ip, remediation, origin });
  }

  #apply(remedy: Remedy, request: RemedyRequest): SettledVerdict {
    const { ip, remediation, origin } = request;
    let answer: ReturnType<Remedy>;
    try {
      answer = remedy(request);
      if (!isPromise(answer)) return this.#conclude(request, answer);
    } catch (error) {
      return this.#remedyFailed(request, error);
    }
    return { ...block(ip, { remediation, origin }, BARE_REFUSAL), settled: this.#concludeInTime(request, answer) };
  }

  async #concludeInTime(request: RemedyRequest, answer: Promise<RemedyAnswer>): Promise<SettledVerdict> {
    const scheduler = this.#options.scheduler ?? timerScheduler;
    try {
      const inTime = await answerWithin(REMEDY_DEADLINE_MS, answer, { scheduler, name: 'crowdsec:remedy' });
      return this.#conclude(request, inTime);
    } catch (error) {
      return this.#remedyFailed(request, error);
    }
  }

  #conclude(request: RemedyRequest, answer: RemedyAnswer): SettledVerdict {
    const { facts, ip, remediation, origin } = request;
    const checked = checkedAnswer(answer);
    const passes = checked === 'pass' || (checked === 'unhandled' && this.#options.onUnhandled !== 'block');
    if (passes) return pass(ip, { remediation, origin });
    if (typeof checked !== 'string' && 'served' in checked) return this.#serve(ip, { remediation, origin }, checked);
    const response = typeof checked === 'string' ? BARE_REFUSAL : checked;
    this.#blocked(facts, { ip, remediation, origin });
    return block(ip, { remediation, origin }, response);
  }

  /** The application does not get the request, and nobody was refused. */
  #serve(ip: string | undefined, found: IpRemediation, { served }: ServedAnswer): SettledVerdict {
    this.#counter.served++;
    return this.#counter.outcomes.mark(block(ip, found, served), 'serve');
  }

  #remedyFailed({ facts, ip, remediation }: RemedyRequest, error: unknown): SettledVerdict {
    this.#options.observer?.remedyFailed(remediation, error);
    return this.#failed(facts, ip, error);
  }

  /** A request that can't be judged; said once, counted always. */
  #failed(facts: RequestFacts, ip: string | undefined, error: unknown): SettledVerdict {
    const { onError, mode } = this.#options;
    if (this.#counter.failed++ === 0) {
      this.#logger.error(`A request could not be judged (further ones are only counted): ${messageOf(error)}`, {
        code: 'REQUEST_FAILED',
        error,
      });
    }
    if (onError !== 'block' || mode === 'log') return pass(ip, FAILED);
    this.#blocked(facts, { ip, ...FAILED });
    return block(ip, FAILED, BARE_REFUSAL);
  }

  #blocked(facts: RequestFacts, verdict: VerdictFacts): void {
    this.#counter.blocked++;
    this.#options.usage?.drop(verdict.ip, verdict.origin);
    this.#notifyBlocked(facts, verdict, true);
  }

  #notifyBlocked(facts: RequestFacts, verdict: VerdictFacts, enforced: boolean): void {
    const blocked = (): BlockedRequest => ({ ...verdict, method: facts.method, path: facts.path, enforced });
    notifyBlocked(this.#options.onBlocked, blocked, this.#logger);
  }
}

const UNKNOWN_CLIENT: IpRemediation = { remediation: 'bypass', origin: 'invalid' };
const DISCONNECTED: IpRemediation = { remediation: 'bypass', origin: 'disconnected' };
const FAILED: IpRemediation = { remediation: 'bypass', origin: 'failed' };
const SKIPPED: PassVerdict = Object.freeze({ action: 'pass', ip: undefined, remediation: 'bypass', origin: 'skipped' });
