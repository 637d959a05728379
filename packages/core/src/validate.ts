import * as z from 'zod';
import { CrowdsecError } from './errors.js';

/**
 * Checks an input once and returns it with its defaults.
 *
 * @param root what the input is called in messages, such as `options`
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the first thing that is wrong and all of them in the message
 */
export function validate<Schema extends z.ZodType>(schema: Schema, input: unknown, root: string): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ path: pathOf(root, issue), message: explain(issue) }));
  const text = issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new CrowdsecError('CROWDSEC_OPTION_INVALID', text, { path: issues[0]?.path ?? root });
}

function pathOf(root: string, issue: z.core.$ZodIssue): string {
  const keys = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  return keys.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}.${String(key)}`),
    root,
  );
}

function explain(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'no such option; remove it or check its spelling';
  return issue.message;
}

/** A text such as a key, which comes from a variable of the environment and is empty where that is not set: said alone, before its form. */
export function givenText(): z.ZodString {
  return z.string().min(1, { error: 'is empty: is the variable set that it comes from?', abort: true });
}

/** A function of any shape, checked by type only. */
export function functionSchema<T>(what: string): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === 'function', { error: `must be ${what}` });
}

/** An object that has these methods. */
export function objectWith<T>(methods: readonly string[], what: string): z.ZodType<T> {
  return z.custom<T>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
    { error: `must be ${what}` },
  );
}

/** A part that `false` switches off: false, or what the schema makes of anything else; errors keep their paths. */
export function switchable<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema> | false> {
  return z
    .unknown()
    .optional()
    .transform((value, context): z.output<Schema> | false => {
      if (value === false) return false;
      const result = schema.safeParse(value ?? {});
      if (result.success) return result.data;
      for (const issue of result.error.issues) {
        const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
        context.addIssue({ code: 'custom', path: [...path], message: explain(issue) });
      }
      return z.NEVER;
    });
}
