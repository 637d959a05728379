import type { Overflow, Pour } from '../store/bucket-rules.js';
import type { Store } from '../store/store.js';
import { bucketRules, type BucketOptions } from './bucket-options.js';
import { LeakyBuckets } from './leaky-buckets.js';

/** Leaky buckets that count for all processes, where the store can. */
export interface SharedBuckets {
  pour(event: Pour): Promise<Overflow | undefined>;
}

/**
 * Counts in the store where it can, else in this process; here too while the store is out of reach: each process then counts what it sees
 * itself.
 *
 * @param name whose they are, the same in all processes
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
 */
export function sharedBuckets(store: Pick<Store, 'pour' | 'reachable'>, name: string, options: BucketOptions): SharedBuckets {
  const rules = bucketRules(options, 'options');
  const own = new LeakyBuckets(options);
  return {
    async pour(event) {
      // Whoever reads and writes the store anyway notices when it is back.
      if (store.pour === undefined || !store.reachable) return own.pour(event);
      try {
        return await store.pour(name, rules, event);
      } catch {
        return own.pour(event);
      }
    },
  };
}
