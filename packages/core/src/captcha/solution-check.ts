import * as z from 'zod';
import type { RemedyRequest } from '../bouncer/remedy.js';
import { readHeader, type BouncerResponse, type RequestFacts } from '../bouncer/verdict.js';
import type { CaptchaAnswers } from './captcha-answers.js';
import type { CaptchaCounter } from './captcha-counter.js';
import type { CaptchaKeys } from './captcha-keys.js';
import type { ParsedCaptchaOptions } from './captcha-options.js';
import type { CaptchaPasses, PassHolder } from './captcha-pass.js';
import type { CaptchaSolved } from './captcha-solved.js';
import type { ClientLedger } from './client-ledger.js';
import type { CheckedSolution, ProofOfWork } from './proof-of-work.js';
import type { ProviderCheck } from './provider-check.js';
import type { UsedChallenges } from './used-challenges.js';

export interface SolutionCheckParts {
  readonly keys: CaptchaKeys;
  readonly passes: CaptchaPasses;
  readonly work: ProofOfWork;
  readonly used: UsedChallenges;
  readonly provider: ProviderCheck | undefined;
  readonly onProviderFailure: ParsedCaptchaOptions['onProviderFailure'];
  readonly ledger: ClientLedger;
  readonly answers: CaptchaAnswers;
  readonly counter: CaptchaCounter;
  readonly onSolved: ((solved: CaptchaSolved) => void) | undefined;
}

type WrongState = Exclude<CheckedSolution['state'], 'right'> | 'replayed';

const submission = z.looseObject({ token: z.string().optional(), secure: z.boolean().optional() });

/** Checks what is sent as a solution, and gives those a pass who have solved. */
export class SolutionCheck {
  readonly #parts: SolutionCheckParts;

  constructor(parts: SolutionCheckParts) {
    this.#parts = parts;
  }

  /** Whether challenges are those of the proof of work now: without a provider, or while it is down and the options say so. */
  get usesProofOfWork(): boolean {
    const { provider, onProviderFailure } = this.#parts;
    return provider === undefined || (provider.isDown && onProviderFailure === 'proof-of-work');
  }

  /** @param text the JSON of `{ challenge, solution }`, or of `{ token }` for a provider; with `secure: true` from a page by https */
  async answer(request: RemedyRequest, holder: PassHolder, text: string): Promise<BouncerResponse> {
    const content = parseJson(text);
    const parsed = submission.safeParse(content);
    if (!parsed.success) return this.#refuse('malformed');
    const { token, secure = false } = parsed.data;
    const { provider } = this.#parts;
    const grant = (by: string): Promise<BouncerResponse> =>
      this.#grant(request, holder, { by, secure: secure || cameByHttps(request.facts) });
    if (provider !== undefined && token !== undefined) return this.#byProvider(provider, token, holder, grant);
    const state = await this.#proofOfWork({ content, length: text.length }, holder);
    return state === 'right' ? grant('proof-of-work') : this.#refuse(state);
  }

  async #proofOfWork(
    sent: { readonly content: unknown; readonly length: number },
    holder: PassHolder,
  ): Promise<'right' | WrongState> {
    const { work, used, ledger } = this.#parts;
    const checked = await work.check(sent, holder);
    if (checked.state !== 'expired') ledger.solved(holder.ip);
    if (checked.state !== 'right') return checked.state;
    return (await used.use(checked.nonce, checked.remainingMs)) ? 'right' : 'replayed';
  }

  async #byProvider(
    provider: ProviderCheck,
    token: string,
    { ip }: PassHolder,
    grant: (by: string) => Promise<BouncerResponse>,
  ): Promise<BouncerResponse> {
    const { onProviderFailure, answers, counter } = this.#parts;
    const checked = await provider.check(token, ip);
    if (checked === 'right') return grant(provider.provider.name);
    if (checked === 'wrong') return this.#refuse('wrong');
    counter.providerFailures++;
    if (onProviderFailure === 'pass') return grant('provider-failure');
    if (onProviderFailure === 'block')
      return answers.scriptRefusal('failed', 503, { ...PROVIDER_UNAVAILABLE, retryAfterMs: 30_000 });
    return answers.scriptRefusal('failed', 503, { ...PROVIDER_UNAVAILABLE, again: true });
  }

  async #grant(
    { ip, origin, remediation }: RemedyRequest,
    holder: PassHolder,
    { by, secure }: { readonly by: string; readonly secure: boolean },
  ): Promise<BouncerResponse> {
    const { keys, passes, answers, counter, onSolved } = this.#parts;
    const { cookie, expiresAt } = passes.issue(await keys.current(), holder, secure);
    counter.solved++;
    onSolved?.({ ip, origin, remediation, by, passUntil: expiresAt });
    return answers.scriptAnswer('solved', { expiresAt }, { headers: { 'set-cookie': cookie } });
  }

  #refuse(state: WrongState): BouncerResponse {
    const { answers, counter } = this.#parts;
    counter.refused++;
    const refusal = {
      code: state,
      detail: REFUSAL_DETAILS[state],
      ...(state === 'expired' ? { again: true as const } : {}),
    };
    return answers.scriptRefusal('refused', state === 'malformed' ? 400 : 403, refusal);
  }
}

const REFUSAL_DETAILS: Readonly<Record<WrongState, string>> = {
  malformed: 'This is no solution.',
  forged: 'This challenge was not made here, or was changed.',
  foreign: 'This challenge was made for somebody else.',
  expired: 'This challenge has expired. Ask for another one.',
  wrong: 'The solution is wrong.',
  replayed: 'This challenge was answered before. Ask for another one.',
};
const PROVIDER_UNAVAILABLE = { code: 'provider-unavailable', detail: 'The solution could not be checked.' };

/**
 * Whether the cookie may be limited to https: by what the browser says of the page, or the proxy of the connection. Whoever lies harms
 * the own cookie alone.
 */
function cameByHttps({ headers, secure }: RequestFacts): boolean {
  if (secure === true) return true;
  const origin = readHeader(headers, 'origin') ?? readHeader(headers, 'referer') ?? '';
  const forwarded =
    readHeader(headers, 'x-forwarded-proto') ?? /proto="?(\w+)/i.exec(readHeader(headers, 'forwarded') ?? '')?.[1];
  return origin.startsWith('https:') || /^\s*https\b/i.test(forwarded ?? '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
