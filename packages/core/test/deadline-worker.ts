import { setImmediate as nextTurn } from 'node:timers/promises';
import { defaultFetch } from '../src/capi/default-fetch.js';
import { Transport } from '../src/capi/transport.js';
import { EventLoopYielder } from '../src/decisions/event-loop-yielder.js';
import { answerWithin, withinDeadline } from '../src/deadline.js';
import { timerScheduler } from '../src/scheduler.js';
import { downloadList } from '../src/sources/download-list.js';

/**
 * A process whose heap churns, as that of an application with a cache does, while each kind of work with a deadline hangs. It tells its
 * parent the name of each deadline that has fired.
 */
const [server] = process.argv.slice(2) as [string];
const MS = 2_000;

const parser = { push: () => undefined, finish: () => undefined, entries: 0, recognised: 0 };
const never = (): Promise<never> => new Promise(() => undefined);

const builtIn = defaultFetch().fetch;
const transport = (path: string, fetch: typeof globalThis.fetch): Transport =>
  new Transport({ root: `${server}/${path}`, userAgent: 'csnodecapi/v0.0.1', fetch });
const call = (path: string, fetch: typeof globalThis.fetch = builtIn): Promise<unknown> =>
  transport(path, fetch).send({ method: 'POST', path: '/v3/signals', body: [], token: 't', timeoutMs: MS });
const list = async (path: string, fetch: typeof globalThis.fetch = builtIn): Promise<void> => {
  const { status } = await downloadList({
    url: `${server}/${path}`,
    since: undefined,
    parser,
    allowHttp: true,
    limits: { maxBytes: 1e6, maxEntries: 1e6, timeoutMs: MS, concurrency: 1 },
    fetch,
    signal: new AbortController().signal,
    yielder: new EventLoopYielder(),
  });
  if (status === 'failed') throw new Error('late');
};

const work: Readonly<Record<string, () => Promise<unknown>>> = {
  'call that is not answered': () => call('silent'),
  'call whose answer dribbles': () => call('dribble'),
  'call by the global fetch': () => call('dribble', globalThis.fetch),
  'call by a fetch that ignores its signal': () => call('silent', never),
  'list that is not answered': () => list('silent'),
  'list that dribbles': () => list('dribble'),
  'list by a fetch that ignores its signal': () => list('silent', never),
  'call to the store': () => withinDeadline({ ms: MS }, never),
  'answer of a remedy': () => answerWithin(MS, never(), { scheduler: timerScheduler, name: 'test' }),
};

const cache = new Map<number, unknown>();
for (const [name, run] of Object.entries(work)) {
  run().then(
    () => process.send?.(`${name}: ended without an error`),
    () => process.send?.(name),
  );
}
process.once('disconnect', () => process.exit());
for (let i = 0; ; i++) {
  for (let j = 0; j < 200; j++) cache.set((i * 200 + j) % 20_000, { key: String(i), values: new Array(50).fill(j) });
  await nextTurn();
}
