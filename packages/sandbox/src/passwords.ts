import { randomBytes, scrypt, scryptSync, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

/** What is kept of a password. */
export interface PasswordHash {
  /** Base64. */
  readonly salt: string;
  /** Base64. */
  readonly hash: string;
}

/** Turns a password into what may be kept of it. */
export function hashPassword(password: string): PasswordHash {
  const salt = randomBytes(16);
  return { salt: salt.toString('base64'), hash: scryptSync(password, salt, KEY_BYTES, COST).toString('base64') };
}

/** Whether a password is the one that was hashed. */
export async function passwordMatches(password: string, stored: PasswordHash): Promise<boolean> {
  const hash = await derive(password, Buffer.from(stored.salt, 'base64'), KEY_BYTES, COST);
  return timingSafeEqual(hash, Buffer.from(stored.hash, 'base64'));
}

const KEY_BYTES = 32;

/**
 * Far below what people's passwords need, which somebody could guess: these are long and random, and tests register and log in often. Each of
 * the two would take longer than the start of a sandbox.
 */
const COST: ScryptOptions = { N: 2 ** 6, r: 8, p: 1 };

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
