import { randomBytes } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { TimeSource } from './clock.js';
import type { StateFolder } from './state-folder.js';

/** What the login answers. */
export interface IssuedToken {
  readonly token: string;
  /** RFC 3339, to the second. */
  readonly expire: string;
}

/** What a token turned out to be. */
export type TokenVerdict =
  | { readonly status: 'valid'; readonly machineId: string }
  | { readonly status: 'expired' }
  | { readonly status: 'invalid' };

/** Issues and checks the JWTs: HS256, signed with a key that the state folder keeps. */
export class Tokens {
  readonly #clock: TimeSource;
  readonly #lifeMs: number;
  readonly #key: Uint8Array;

  private constructor(clock: TimeSource, lifeMs: number, key: Uint8Array) {
    this.#clock = clock;
    this.#lifeMs = lifeMs;
    this.#key = key;
  }

  static async open(clock: TimeSource, lifeMs: number, state: StateFolder): Promise<Tokens> {
    const kept = (await state.read(FILE)) as { readonly hs256: string } | undefined;
    const key = kept === undefined ? randomBytes(32) : Buffer.from(kept.hs256, 'base64');
    const file = state.file(FILE, () => ({ hs256: key.toString('base64') }));
    if (kept === undefined) file.changed();
    return new Tokens(clock, lifeMs, key);
  }

  /** A token for the machine. Only one issued after an enrollment names the organization, as with the real CAPI. */
  async issue(machineId: string, enrolled: boolean): Promise<IssuedToken> {
    const issuedAt = Math.floor(this.#clock.now() / 1000);
    const expiresAt = issuedAt + Math.ceil(this.#lifeMs / 1000);
    const token = await new SignJWT({ id: machineId, ...(enrolled ? ORGANIZATION : {}) })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.#key);
    return { token, expire: new Date(expiresAt * 1000).toISOString().replace('.000Z', 'Z') };
  }

  async check(token: string): Promise<TokenVerdict> {
    try {
      const currentDate = new Date(this.#clock.now());
      const { payload } = await jwtVerify(token, this.#key, { algorithms: ['HS256'], currentDate });
      return typeof payload.id === 'string' ? { status: 'valid', machineId: payload.id } : { status: 'invalid' };
    } catch (error) {
      return { status: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
    }
  }
}

const FILE = 'signing-key.json';

const ORGANIZATION = { organization_id: 'a1b2c3d4-0000-4000-8000-000000000001', subscription_type: 'COMMUNITY' };
