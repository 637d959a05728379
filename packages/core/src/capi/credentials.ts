import { randomInt } from 'node:crypto';
import * as z from 'zod';
import { Secret } from '../secret.js';
import { storedMomentSchema } from '../stored-moment.js';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const ALPHANUMERIC = LOWER.toUpperCase() + LOWER + DIGITS;

const MACHINE_ID_LENGTH = 48;
const PASSWORD_LENGTH = 64;

/** What identifies this installation to CAPI. Once validated the pair never changes, and no other installation shares it. */
export interface Credentials {
  readonly machineId: string;
  readonly password: Secret;
}

/** At most 32 of the 48 characters, so that at least 16 random ones remain. */
export const machineIdPrefixSchema = z
  .string()
  .regex(/^[a-z0-9]{0,32}$/, 'must be at most 32 lower-case letters and digits');

/** Credentials that somebody keeps in a secret store of their own: such stores and files like to add a final newline. */
export const givenCredentialsSchema = z.strictObject({
  machineId: z
    .string()
    .trim()
    .regex(/^[a-zA-Z0-9]{48}$/, 'must be exactly 48 letters and digits'),
  password: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(256, 'must be at most 256 characters')
    .regex(/^\P{Cc}*$/u, 'must not contain line breaks or other control characters'),
});

/**
 * A new pair: 48 characters `[a-z0-9]` that begin with the prefix, and a password of 64 letters and digits with at least one of
 * each kind.
 */
export function newCredentials(prefix: string): Credentials {
  const machineId = prefix + random(LOWER + DIGITS, MACHINE_ID_LENGTH - prefix.length);
  let password: string;
  do password = random(ALPHANUMERIC, PASSWORD_LENGTH);
  while (!/[a-z]/.test(password) || !/[A-Z]/.test(password) || !/\d/.test(password));
  return { machineId, password: new Secret(password) };
}

function random(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

const storedMachineSchema = z.object({
  machineId: z.string().regex(/^[a-zA-Z0-9]{1,64}$/),
  password: z.string().min(1).optional(),
  prefix: z.string(),
  status: z.enum(['pending', 'validated']),
});

/**
 * The pair as the store keeps it: written `pending` before the registration is sent, `validated` by the first login that succeeds.
 * Of credentials that the user keeps, only the id is stored.
 */
export type StoredMachine = z.output<typeof storedMachineSchema>;

/** The machine that is in use, and those of other prefixes, which come back with their prefix. */
export const storedCredentialsSchema = storedMachineSchema.extend({
  others: z.array(storedMachineSchema).default([]),
});

export type StoredCredentials = z.output<typeof storedCredentialsSchema>;

/** Which machine the running processes use; one of them updates this every few seconds. */
export const machineInUseSchema = z.object({
  machineId: z.string(),
  prefix: z.string(),
  /** The credentials are given in the options. */
  isGiven: z.boolean(),
  /** When that was so. */
  at: storedMomentSchema,
  /** A random name of the process that wrote it. */
  by: z.string(),
});

export type MachineInUse = z.output<typeof machineInUseSchema>;
