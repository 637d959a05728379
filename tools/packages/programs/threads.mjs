/** Two worker threads with an agent each, on one store: one machine, and both end by themselves. */
import { once } from 'node:events';
import { isMainThread, Worker } from 'node:worker_threads';
import { oneAgent } from './one-agent.mjs';

if (isMainThread) {
  const workers = [1, 2].map(() => new Worker(new URL(import.meta.url)));
  const codes = (await Promise.all(workers.map((worker) => once(worker, 'exit')))).flat();
  if (codes.some((code) => code !== 0)) throw new Error(`The threads ended with ${codes.join(' and ')}.`);
  console.log('done');
} else {
  await oneAgent();
}
