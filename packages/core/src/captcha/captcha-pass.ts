import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';
import { clientPrefix } from '../ip/client-prefix.js';
import type { CaptchaKey, CaptchaKeys } from './captcha-keys.js';

/** For whom a pass is good: a client (an IPv4 address, or the /64 of an IPv6 one), and what was to be done about it. */
export interface PassHolder {
  readonly ip: string;
  readonly remediation: string;
}

export interface CaptchaPassesOptions {
  readonly keys: CaptchaKeys;
  readonly clock: Clock;
  readonly cookieName: string;
  readonly passMs: number;
}

/** The wall clocks of processes that accept each other's passes may differ by this, in ms. */
export const CLOCK_SLACK_MS = 60_000;
const PURPOSE = 'pass';
/** What is read of a `Cookie` header: more than a browser sends. */
const MAX_HEADER_CHARS = 16_384;
/** Of cookies with our name, this many are looked at: another path or domain may have set some. */
const MAX_COOKIES = 4;
const PASS_PATTERN = /^([\w-]{8})\.([0-9a-z]{1,12})\.([\w-]{43})$/;

interface ReadPass {
  readonly keyId: string;
  readonly expiry: string;
  readonly mac: string;
}

/** Passes: cookies that say by a signature alone that their holder has solved a captcha. Nothing is kept about them. */
export class CaptchaPasses {
  readonly #options: CaptchaPassesOptions;

  constructor(options: CaptchaPassesOptions) {
    this.#options = options;
  }

  /**
   * Whether a request carries a pass of this holder: synchronously, or by a promise where the key of it must be asked for first.
   *
   * @param cookie the header `Cookie`
   */
  admits(cookie: string | undefined, holder: PassHolder): boolean | Promise<boolean> {
    if (cookie === undefined) return false;
    const passes = this.#passesIn(cookie).filter((pass) => this.#hasPlausibleExpiry(pass));
    if (passes.length === 0) return false;
    const { keys } = this.#options;
    const unknown: ReadPass[] = [];
    for (const pass of passes) {
      const key = keys.known(pass.keyId);
      if (key === undefined) unknown.push(pass);
      else if (isSigned(pass, key, holder)) return true;
    }
    return unknown.length > 0 && this.#admitsByUnknownKeys(unknown, holder);
  }

  /** The value of `Set-Cookie` that gives the holder a pass. */
  issue(key: CaptchaKey, holder: PassHolder, secure: boolean): { readonly cookie: string; readonly expiresAt: number } {
    const { clock, cookieName, passMs } = this.#options;
    const expiresAt = Math.floor(clock.now() + passMs);
    const expiry = expiresAt.toString(36);
    const value = `${key.id}.${expiry}.${macOf(key, expiry, holder).toString('base64url')}`;
    const attributes = `Path=/; Max-Age=${Math.ceil(passMs / 1_000)}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
    return { cookie: `${cookieName}=${value}; ${attributes}`, expiresAt };
  }

  async #admitsByUnknownKeys(passes: readonly ReadPass[], holder: PassHolder): Promise<boolean> {
    for (const pass of passes) {
      const key = await this.#options.keys.find(pass.keyId);
      if (key !== undefined && isSigned(pass, key, holder)) return true;
    }
    return false;
  }

  /** A pass that lasts longer than any is from a clock that was ahead, or from options that were changed. */
  #hasPlausibleExpiry({ expiry }: ReadPass): boolean {
    const { clock, passMs } = this.#options;
    const remainingMs = Number.parseInt(expiry, 36) - clock.now();
    return remainingMs > 0 && remainingMs <= passMs + CLOCK_SLACK_MS;
  }

  #passesIn(cookie: string): ReadPass[] {
    const start = `${this.#options.cookieName}=`;
    const found: ReadPass[] = [];
    for (const pair of cookie.slice(0, MAX_HEADER_CHARS).split(/[;,]/)) {
      const text = pair.trim();
      if (!text.startsWith(start)) continue;
      const [, keyId, expiry, mac] = PASS_PATTERN.exec(text.slice(start.length)) ?? [];
      if (keyId !== undefined && expiry !== undefined && mac !== undefined) found.push({ keyId, expiry, mac });
      if (found.length >= MAX_COOKIES) break;
    }
    return found;
  }
}

function isSigned({ expiry, mac }: ReadPass, key: CaptchaKey, holder: PassHolder): boolean {
  return timingSafeEqual(Buffer.from(mac, 'base64url'), macOf(key, expiry, holder));
}

function macOf(key: CaptchaKey, expiry: string, { ip, remediation }: PassHolder): Buffer {
  return key.sign(PURPOSE, JSON.stringify([expiry, clientPrefix(ip), remediation]));
}
