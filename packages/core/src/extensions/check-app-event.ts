import * as z from 'zod';
import { CrowdsecError } from '../errors.js';
import { canonicalIp } from '../ip/address.js';
import { validate } from '../validate.js';
import { CONTEXT_KEY_LENGTH } from '../visitor-text.js';
import type { AppEventKind, AppFacts } from './detection-event.js';

const MAX_FACTS = 20;
const MAX_TEXT_CHARS = 500;

const APP_EVENT_PATTERN = /^app:[a-z0-9-]{1,64}$/;

export const appEventKind = z.custom<AppEventKind>(
  (value) => typeof value === 'string' && APP_EVENT_PATTERN.test(value),
  {
    error: 'must be app: and a name of [a-z0-9-], such as app:login-failed',
  },
);

const eventSchema = z.object({ kind: appEventKind, given: z.object({}, { error: 'must be an object with an ip' }) });

/**
 * The client's address, and the facts as detectors may see them. What visitors can fill in is cut, never refused: `ip` is `undefined` when
 * it is no address.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a kind that is none, or when no `ip` is named
 */
export function checkAppEvent(
  kind: AppEventKind,
  given: unknown,
): { readonly ip: string | undefined; readonly facts: () => AppFacts } {
  // The schema knows how to say what is wrong, and takes longer than all the rest.
  if (!isValid(kind, given)) validate(eventSchema, { kind, given }, 'observe');
  const named = given as { readonly ip?: unknown };
  if (!('ip' in named)) {
    throw new CrowdsecError('CROWDSEC_OPTION_INVALID', "observe.ip: must be the client's address", {
      path: 'observe.ip',
    });
  }
  return { ip: typeof named.ip === 'string' ? canonicalIp(named.ip) : undefined, facts: () => factsOf(named) };
}

function isValid(kind: unknown, given: unknown): boolean {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  return isObject && typeof kind === 'string' && APP_EVENT_PATTERN.test(kind);
}

function factsOf(given: object): AppFacts {
  const facts: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(given).slice(0, MAX_FACTS + 1)) {
    if (name === 'ip') continue;
    const key = name.slice(0, CONTEXT_KEY_LENGTH);
    if (typeof value === 'string') facts[key] = value.slice(0, MAX_TEXT_CHARS);
    else if (typeof value === 'number' || typeof value === 'boolean') facts[key] = value;
  }
  return facts;
}
