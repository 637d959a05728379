import { randomBytes, scrypt, scryptSync, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

/** What is kept of a password. */
export interface PasswordHash {
  /** Base64. */
  readonly salt: string;
  /** Base64. */
  readonly hash: string;
  /** How much work it took, scrypt's N; 2,048 where it is missing, as in folders of earlier versions. */
  readonly cost?: number;
}

/** Turns a password into what may be kept of it. */
export function hashPassword(password: string): PasswordHash {
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, KEY_BYTES, { N: COST });
  return { salt: salt.toString('base64'), hash: hash.toString('base64'), cost: COST };
}

/** Whether a password is the one that was hashed. */
export async function passwordMatches(password: string, stored: PasswordHash): Promise<boolean> {
  const { salt, cost = EARLIER_COST } = stored;
  const hash = await derive(password, Buffer.from(salt, 'base64'), KEY_BYTES, { N: cost });
  return timingSafeEqual(hash, Buffer.from(stored.hash, 'base64'));
}

const KEY_BYTES = 32;

/**
 * Far below what people's passwords need, which somebody could guess: these are long and random, and tests register and log in often. Each of
 * the two would take longer than the start of a sandbox.
 */
const COST = 2 ** 6;
const EARLIER_COST = 2 ** 11;

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
