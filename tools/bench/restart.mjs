import { systemClock } from '../../packages/core/dist/clock.js';
import { DecisionIndex } from '../../packages/core/dist/decisions/decision-index.js';
import { RemediationEngine } from '../../packages/core/dist/remediation/remediation-engine.js';
import { indexOf, row, sets } from './setup.mjs';

/**
 * From stored bytes to the first answer, against a bare copy of as many bytes. `stores` are the places that the
 * bytes come from, each as `{ name, put(blob), get() }`.
 */
const ROUNDS = 15;
const inMemory = {
  name: 'from-memory',
  put({ head, chunks }) {
    this.head = JSON.stringify(head);
    this.bytes = Buffer.concat(chunks);
  },
  get() {
    return { head: JSON.parse(this.head), chunks: [this.bytes] };
  },
};
const stores = [inMemory];

const report = [];
for (const values of sets([60_000, 1_000_000])) {
  const index = await indexOf(values);
  const blob = index.toBlob();
  for (const store of stores) {
    await store.put(blob);
    const rounds = [];
    for (let i = -2; i < ROUNDS; i++) {
      globalThis.gc();
      const floor = await milliseconds(() => Buffer.concat(blob.chunks));
      const value = await milliseconds(async () => {
        const engine = new RemediationEngine({ clock: systemClock });
        engine.swap(await DecisionIndex.fromBlob(await store.get()));
        if (engine.getIpRemediation(values[0].split('/')[0]).origin === 'clean')
          throw new Error('a listed address is not found');
      });
      if (i >= 0) rounds.push({ value, floor });
    }
    report.push(row('restart', store.name, values.length, 'ms', rounds));
  }
}
console.log(JSON.stringify(report));

async function milliseconds(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
