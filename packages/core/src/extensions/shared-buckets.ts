import { atMost } from '../deadline.js';
import { timerScheduler, type Scheduler } from '../scheduler.js';
import type { Overflow, Pour } from '../store/bucket-rules.js';
import type { Store } from '../store/store.js';
import { bucketRules, type BucketOptions } from './bucket-options.js';
import { LeakyBuckets } from './leaky-buckets.js';

/** A detector has two seconds: the store must not take them all. */
const STORE_MS = 1_000;

/** Leaky buckets that count for all processes, where the store can. */
export interface SharedBuckets {
  pour(event: Pour): Promise<Overflow | undefined>;
}

/**
 * Counts in the store where it can, else in this process; here too while the store is out of reach: each process then
 * counts what it sees itself.
 *
 * @param owner whose they are, the same in all processes; buckets of one owner by the same rules are the same buckets
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
 */
export function sharedBuckets(
  store: Pick<Store, 'pour' | 'reachable'>,
  owner: string,
  options: BucketOptions,
  scheduler: Scheduler = timerScheduler,
): SharedBuckets {
  const rules = bucketRules(options, 'options');
  // With the rules in it: by other rules, what is kept there would mean something else.
  const name = `${owner}:${rules.capacity}-${rules.leakMs}-${rules.blackholeMs}`;
  const own = new LeakyBuckets(options);
  return {
    async pour(event) {
      // Whoever reads and writes the store anyway notices when it is back.
      if (store.pour === undefined || !store.reachable) return own.pour(event);
      try {
        const poured = store.pour(name, rules, event);
        const inTime = await atMost(STORE_MS, poured, { scheduler, name: 'crowdsec:buckets' });
        return inTime ? await poured : own.pour(event);
      } catch {
        return own.pour(event);
      }
    },
  };
}
