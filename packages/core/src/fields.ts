import * as z from 'zod';
import { parseGoDuration } from './decisions/go-duration.js';

/** A Go duration of more than zero, with an example of one for messages. */
export function goDurationField(example: string): z.ZodString {
  return z
    .string()
    .refine((text) => (parseGoDuration(text) ?? 0) > 0, `must be a Go duration of more than zero, such as ${example}`);
}

/** A type of remediation. */
export const remediationField = z.string().trim().min(1, 'must not be empty').max(50);

/** Whether {@link remediationField} takes the value as it is. Without the schema, for what is checked at each request. */
export function isRemediationText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 50 && value.trim() === value;
}

/** Whether {@link goDurationField} takes the value. Without the schema, for what is checked at each request. */
export function isGoDurationText(value: unknown): value is string {
  return typeof value === 'string' && (parseGoDuration(value) ?? 0) > 0;
}

/** Facts about a signal for the console. */
export const contextField = z
  .record(z.string().min(1).max(255), z.union([z.string().max(4_000), z.number(), z.boolean()]))
  .refine((context) => Object.keys(context).length <= 20, 'must have at most 20 pairs');

export const ONE_TARGET = 'give either an ip or a range';
