import { z } from 'zod';
import { validate } from '../validate.js';
import type { AppEventKind, AppFacts } from './detection-event.js';

const MOST_FACTS = 20;
const LONGEST_TEXT = 500;

export const appEventKind = z.custom<AppEventKind>(
  (value) => typeof value === 'string' && /^app:[a-z0-9-]{1,64}$/.test(value),
  { error: 'must be app: and a name of [a-z0-9-], such as app:login-failed' },
);

const eventSchema = z.object({ kind: appEventKind, ip: z.string({ error: "must be the client's address" }) });

/**
 * The client's address, and the facts as detectors may see them. What visitors can fill in is cut, never refused.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a kind that is none, or without an address
 */
export function checkAppEvent(
  kind: AppEventKind,
  given: unknown,
): { readonly ip: string; readonly facts: () => AppFacts } {
  const { ip } = validate(eventSchema, { kind, ip: (given as { readonly ip?: unknown } | undefined)?.ip }, 'observe');
  return { ip, facts: () => factsOf(given as object) };
}

function factsOf(given: object): AppFacts {
  const facts: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(given).slice(0, MOST_FACTS + 1)) {
    if (name === 'ip') continue;
    if (typeof value === 'string') facts[name] = value.slice(0, LONGEST_TEXT);
    else if (typeof value === 'number' || typeof value === 'boolean') facts[name] = value;
  }
  return facts;
}
