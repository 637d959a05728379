import * as z from 'zod';
import { objectWith } from '../validate.js';
import type { KeyvLike } from './keyv-like.js';
import { isRedisUrl } from './redis-url.js';

/** The options that say where state is kept. */
export const storeOptions = {
  store: z
    .union([z.string().refine(isRedisUrl), objectWith<KeyvLike>(['get', 'set', 'delete'], 'a Keyv instance')], {
      error: 'must be a Keyv instance, such as `new Keyv(new KeyvRedis(url))`, or a redis:// or rediss:// URL',
    })
    .optional(),
  stateDir: z.string().min(1, 'must be a folder').optional(),
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, - and _')
    .optional(),
  ephemeral: z.boolean().default(false),
  storeTimeoutMs: z
    .number()
    .int()
    .min(50, 'must be at least 50 ms')
    .max(60_000, 'must be at most 60,000 ms')
    .default(2_000),
};

/** Whether an installation has the name that it needs in a store that others may use too. */
export function isNamed({ store, namespace }: { readonly store?: unknown; readonly namespace?: unknown }): boolean {
  return store === undefined || namespace !== undefined;
}

/** What is wrong with a store without a namespace. */
export const NAMESPACE_MISSING = {
  path: ['namespace'],
  error: 'is required with a store: it tells this installation from others that use the same store',
};
