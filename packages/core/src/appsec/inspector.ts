import type { InspectorFinding, RequestInspector } from '../bouncer/request-inspector.js';
import type { RequestBody } from '../bouncer/request-body.js';
import type { RequestFacts } from '../bouncer/verdict.js';
import { messageOf } from '../errors.js';
import { readHeader } from '../http/request-headers.js';
import type { Secret } from '../secret.js';
import type { AppsecAnswer } from './answer.js';
import type { AppsecLog } from './appsec-log.js';
import type { BodyMemoryBudget } from './body-memory-budget.js';
import { callHeaders } from './call-headers.js';
import type { AppsecClient } from './client.js';
import type { AppsecFailure, AppsecFailurePolicy } from './options.js';
import { unpackBody } from './unpack-body.js';

export interface AppsecInspectorOptions {
  readonly client: Pick<AppsecClient, 'ask'>;
  readonly apiKey: Secret;
  readonly log: AppsecLog;
  /** Requests about which it is not asked. */
  readonly skips: (facts: RequestFacts) => boolean;
  readonly readBody: (facts: RequestFacts, maxBytes: number) => Promise<RequestBody>;
  /** How many bytes `readBody` may come to hold. */
  readonly bytesToHold: (facts: RequestFacts, maxBytes: number) => number;
  /** What bodies are held in, of all requests together. */
  readonly memory: BodyMemoryBudget;
  readonly maxBodyBytes: number;
  readonly onLargeBody: 'headers-only' | 'pass' | 'block';
  readonly onFailure: Readonly<Record<AppsecFailure, AppsecFailurePolicy>>;
  readonly fallbackRemediation: string;
  /** Whether nobody is banned: a captcha is the strongest that happens. */
  readonly neverBans: boolean;
  readonly wantsRefused: boolean;
}

/** What AppSec is shown of a body. */
interface Shown {
  readonly bytes: Uint8Array | undefined;
  readonly unpacked: boolean;
  /** A second look: what it is for an application that does not unpack it. */
  readonly asReceived?: Uint8Array;
}

const NO_BODY: Shown = { bytes: undefined, unpacked: false };

/** The request could not be judged, and is refused. */
const NOT_CHECKED: InspectorFinding = { origin: 'appsec', remediations: ['bypass'] };

/** Asks AppSec about requests, once about each, and says what is to become of them. */
export class AppsecInspector implements RequestInspector {
  readonly wantsRefused: boolean;
  readonly maxBodyBytes: number;
  readonly #options: AppsecInspectorOptions;
  /** Several guards may stand in the way of a request. */
  readonly #findings = new WeakMap<object, Promise<InspectorFinding | undefined>>();

  constructor(options: AppsecInspectorOptions) {
    this.#options = options;
    this.wantsRefused = options.wantsRefused;
    this.maxBodyBytes = options.maxBodyBytes;
  }

  inspect(facts: RequestFacts, ip: string | undefined): Promise<InspectorFinding | undefined> | undefined {
    if (this.#options.skips(facts)) return undefined;
    const subject = facts.nodeRequest ?? facts.webRequest;
    const known = subject && this.#findings.get(subject);
    if (known !== undefined) return known;
    const finding = this.#find(facts, ip).catch((error: unknown) => this.#fail('serverError', messageOf(error)));
    if (subject !== undefined) this.#findings.set(subject, finding);
    return finding;
  }

  async #find(facts: RequestFacts, ip: string | undefined): Promise<InspectorFinding | undefined> {
    const { log, memory, bytesToHold, maxBodyBytes } = this.#options;
    log.asked++;
    const bytes = bytesToHold(facts, maxBodyBytes);
    const reserving = memory.reserve(bytes);
    if (reserving !== undefined && !(await reserving)) return this.#ask(facts, ip, this.#withoutBody('stalled'));
    try {
      return await this.#ask(facts, ip, await this.#shownBody(facts));
    } finally {
      memory.release(bytes);
    }
  }

  async #ask(
    facts: RequestFacts,
    ip: string | undefined,
    shown: Shown | 'pass' | 'block' | 'aborted',
  ): Promise<InspectorFinding | undefined> {
    const { client, apiKey } = this.#options;
    if (shown === 'pass') return undefined;
    if (shown === 'block') return NOT_CHECKED;
    if (shown === 'aborted') return this.#fail('abortedUpload', 'the body of a request did not come to its end');
    const { bytes, unpacked, asReceived } = shown;
    const ask = (body: Uint8Array | undefined, withoutEncoding: boolean): Promise<AppsecAnswer> =>
      client.ask(callHeaders({ facts, ip, apiKey: apiKey.reveal(), withoutEncoding }), body);
    if (asReceived === undefined) return this.#conclude(await ask(bytes, unpacked));
    return this.#conclude(stricterAnswer(await Promise.all([ask(bytes, unpacked), ask(asReceived, false)])));
  }

  #conclude(answer: AppsecAnswer): InspectorFinding | undefined {
    if (answer.kind === 'failed') return this.#fail(answer.cause, answer.why);
    const action = answer.kind === 'allow' ? 'allow' : answer.action;
    this.#options.log.answered(action);
    if (answer.kind === 'allow') return undefined;
    const { status, page } = answer;
    if (page !== undefined) return { origin: 'appsec', remediations: [action], response: page };
    return { origin: 'appsec', remediations: this.#remediations(action), status };
  }

  #fail(cause: AppsecFailure, why: string): InspectorFinding | undefined {
    const policy = this.#options.onFailure[cause];
    this.#options.log.failed(cause, why, policy);
    if (policy === 'pass') return undefined;
    return policy === 'block' ? NOT_CHECKED : { origin: 'appsec', remediations: this.#remediations('captcha') };
  }

  /** A challenge without a page, as one that its remedy can't serve, is a captcha, and if there is none what the options say. */
  #remediations(action: string): readonly [string, ...string[]] {
    const { fallbackRemediation, neverBans } = this.#options;
    const alternatives = action === 'challenge' ? ['captcha', fallbackRemediation] : [fallbackRemediation];
    // Every agent has a remedy for a ban.
    if (!neverBans) return [action, ...alternatives, 'ban'];
    const capped = (word: string): string => (word === 'ban' ? 'captcha' : word);
    return [capped(action), ...alternatives.map(capped)];
  }

  async #shownBody(facts: RequestFacts): Promise<Shown | 'pass' | 'block' | 'aborted'> {
    const { readBody, maxBodyBytes, log } = this.#options;
    const body = await readBody(facts, maxBodyBytes);
    switch (body.kind) {
      case 'none':
        return NO_BODY;
      case 'aborted':
        return 'aborted';
      case 'consumed':
        log.unseen('consumed');
        return NO_BODY;
      case 'large':
      case 'stalled':
        return this.#withoutBody(body.kind);
      case 'whole': {
        if (body.bytes.byteLength === 0) return NO_BODY;
        const shown = await unpackBody(body, readHeader(facts.headers, 'content-encoding'), maxBodyBytes);
        if (shown.kind === 'large') return this.#withoutBody('large');
        if (shown.kind === 'packed') log.unseen('packed');
        return shown;
      }
    }
  }

  #withoutBody(reason: 'large' | 'stalled'): Shown | 'pass' | 'block' {
    const { onLargeBody, log } = this.#options;
    log.unseen(reason);
    return onLargeBody === 'headers-only' ? NO_BODY : onLargeBody;
  }
}

/** Of two looks at a request, the one that says more against it. */
function stricterAnswer([one, other]: readonly [AppsecAnswer, AppsecAnswer]): AppsecAnswer {
  const weight = { allow: 0, failed: 1, act: 2 };
  return weight[other.kind] > weight[one.kind] ? other : one;
}
