import * as z from 'zod';
import { parseGoDuration } from '../decisions/go-duration.js';
import { goDurationField } from '../fields.js';
import type { BucketRules } from '../store/bucket-rules.js';
import { validate } from '../validate.js';

/** As CrowdSec scenarios define a leaky bucket. */
export interface BucketOptions {
  /** How many events a bucket holds: the one after that makes it overflow. 0 to 10,000. */
  readonly capacity: number;
  /** How long one event takes to leak out, a Go duration: `10s`. */
  readonly leakspeed: string;
  /** How long a group stays silent after it overflowed, a Go duration; not at all by default. */
  readonly blackhole?: string | undefined;
  /**
   * How many groups are kept at most, 2 to 10,000,000; 100,000 by default. When there are more, those that were not
   * seen for the longest time are forgotten, at most half of all at once. A shared store keeps as many as there are,
   * each until it is empty.
   */
  readonly maxGroups?: number | undefined;
}

const duration = goDurationField('10s');

const schema = z.strictObject({
  capacity: z.number().int('must be a whole number').min(0, 'must be at least 0').max(10_000, 'must be at most 10,000'),
  leakspeed: duration,
  blackhole: duration.optional(),
  maxGroups: z
    .number()
    .int('must be a whole number')
    .min(2, 'must be at least 2')
    .max(10_000_000, 'must be at most 10,000,000')
    .default(100_000),
});

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong, which begins with `root` */
export function bucketRules(options: BucketOptions, root: string): BucketRules {
  const { capacity, leakspeed, blackhole, maxGroups } = validate(schema, options, root);
  const blackholeMs = blackhole === undefined ? 0 : parseGoDuration(blackhole)!;
  return { capacity, leakMs: parseGoDuration(leakspeed)!, blackholeMs, maxGroups };
}
