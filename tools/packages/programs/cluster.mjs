/** Two processes of `node:cluster` with an agent each, on one store: one machine, and both end once they are disconnected. */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { oneAgent } from './one-agent.mjs';

if (cluster.isPrimary) {
  const codes = (await Promise.all([1, 2].map(() => once(cluster.fork(), 'exit')))).map(([code]) => code);
  if (codes.some((code) => code !== 0)) throw new Error(`The processes ended with ${codes.join(' and ')}.`);
  console.log('done');
} else {
  await oneAgent();
  cluster.worker?.disconnect();
}
