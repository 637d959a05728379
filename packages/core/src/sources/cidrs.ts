import * as z from 'zod';
import { parsePrefix } from '../ip/prefix.js';
import { validate } from '../validate.js';
import type { DecisionSource } from './decision-source.js';
import type { ListOptions } from './list-options.js';
import { listSource } from './list-source.js';

/**
 * Decisions that are written down in the program: addresses and CIDRs.
 *
 * ```ts
 * { name: 'acme.office', apiVersion: 1, sources: [cidrs(['198.51.100.0/24'], { name: 'office', kind: 'allowlist' })] }
 * ```
 *
 * @param options.name `cidrs` by default; `options.keepNonPublic` is true by default; `options.duration` counts from the start of the agent
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong, as `cidrs[3]`
 */
export function cidrs(values: readonly string[], options: ListOptions = {}): DecisionSource {
  const lines = validate(prefixes, values, 'cidrs').join('\n');
  return listSource({
    // What the program itself names is meant.
    keepNonPublic: true,
    ...options,
    name: options.name ?? 'cidrs',
    everyMs: DAY_MS,
    version: async () => 'the only one',
    read: () => [lines],
  });
}

const DAY_MS = 24 * 60 * 60_000;

const prefixes = z.array(
  z.string().refine((text) => parsePrefix(text) !== undefined, 'must be an address or a CIDR, such as 198.51.100.0/24'),
);
