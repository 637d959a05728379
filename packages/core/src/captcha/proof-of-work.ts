import { randomInt } from 'node:crypto';
import { createChallenge, verifySolution, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import * as z from 'zod';
import type { Clock } from '../clock.js';
import { clientPrefix } from '../ip/client-prefix.js';
import type { CaptchaKey, CaptchaKeys } from './captcha-keys.js';
import type { PassHolder } from './captcha-pass.js';

/** How long a challenge may be answered, in ms. */
export const CHALLENGE_MS = 300_000;
/** Rounds of PBKDF2 of one try: what a challenge costs the server. A browser makes hundreds of tries. */
const ROUNDS_PER_TRY = 2_000;
/** A challenge holds about 700 characters. */
const MAX_SOLUTION_CHARS = 4_096;

const ALGORITHM = 'PBKDF2/SHA-256';

const payload = z.object({
  challenge: z.object({
    parameters: z.looseObject({
      nonce: z.string().max(64),
      data: z.object({ key: z.string().max(16), holder: z.string().max(64), until: z.number() }),
    }),
    signature: z.string().max(128),
  }),
  solution: z.object({ counter: z.number(), derivedKey: z.string().max(128) }),
});

/** What became of a solution; `nonce` tells challenges apart, and `remainingMs` how long this one could be answered yet. */
export type CheckedSolution =
  | { readonly state: 'right'; readonly nonce: string; readonly remainingMs: number }
  | { readonly state: 'malformed' | 'forged' | 'foreign' | 'expired' | 'wrong' };

/**
 * Proof of work in the second format of Altcha: the browser looks for the one number whose key, derived by PBKDF2, begins as the
 * challenge says. The number is drawn beforehand, so that the work differs little from one visitor to the next, and a solution is checked
 * by a signature alone.
 */
export class ProofOfWork {
  readonly #keys: CaptchaKeys;
  readonly #clock: Clock;

  constructor({ keys, clock }: { readonly keys: CaptchaKeys; readonly clock: Clock }) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /**
   * A challenge that this client alone may answer.
   *
   * @param work how many rounds of PBKDF2 it takes, on average
   */
  async challenge(
    holder: PassHolder,
    work: number,
  ): Promise<{ readonly challenge: Challenge; readonly mostTries: number }> {
    const key = await this.#keys.current();
    const tries = Math.max(2, work / ROUNDS_PER_TRY);
    const mostTries = Math.ceil(tries * 1.5);
    const challenge = await createChallenge({
      algorithm: ALGORITHM,
      cost: ROUNDS_PER_TRY,
      counter: randomInt(Math.floor(tries / 2), mostTries),
      deriveKey,
      data: { key: key.id, holder: holderMark(key, holder), until: Math.floor(this.#clock.now() + CHALLENGE_MS) },
      ...secretsOf(key),
    });
    return { challenge, mostTries };
  }

  /** Never rejects. @param sent the challenge and its solution, whatever came as such, and how many characters that had */
  async check(
    sent: { readonly content: unknown; readonly length: number },
    holder: PassHolder,
  ): Promise<CheckedSolution> {
    if (sent.length > MAX_SOLUTION_CHARS) return { state: 'malformed' };
    const parsed = payload.safeParse(sent.content);
    if (!parsed.success) return { state: 'malformed' };
    const { challenge, solution } = parsed.data;
    const { nonce, data } = challenge.parameters;
    const key = await this.#keys.find(data.key);
    if (key === undefined) return { state: 'forged' };
    const remainingMs = data.until - this.#clock.now();
    try {
      const checked = await verifySolution({
        challenge: challenge as unknown as Challenge,
        solution,
        deriveKey,
        ...secretsOf(key),
      });
      if (checked.invalidSignature !== false) return { state: 'forged' };
      if (data.holder !== holderMark(key, holder)) return { state: 'foreign' };
      if (remainingMs <= 0 || remainingMs > CHALLENGE_MS * 2) return { state: 'expired' };
      return checked.verified ? { state: 'right', nonce, remainingMs } : { state: 'wrong' };
    } catch {
      return { state: 'malformed' };
    }
  }
}

/** A challenge tells nobody for whom it was made. */
function holderMark(key: CaptchaKey, { ip, remediation }: PassHolder): string {
  return key
    .sign('holder', JSON.stringify([clientPrefix(ip), remediation]))
    .toString('base64url')
    .slice(0, 22);
}

function secretsOf(key: CaptchaKey): { readonly hmacSignatureSecret: string; readonly hmacKeySignatureSecret: string } {
  return {
    hmacSignatureSecret: key.sign('altcha', 'challenge').toString('base64url'),
    hmacKeySignatureSecret: key.sign('altcha', 'solution').toString('base64url'),
  };
}
