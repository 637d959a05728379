import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { DecisionIndex } from '../decisions/decision-index.js';
import type { Logger } from '../logger.js';
import { manualTime } from '../testing/manual-time.js';
import { capiSource, type CapiSourceOptions } from './capi-source.js';
import type { DecisionSource, PullContext, PullResult, SourceState } from './decision-source.js';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0)) await close();
});

describe('the lists of a pull', () => {
  it('are each on their own: every good entry counts, the report says what was skipped', async () => {
    const rubbish = Array.from({ length: 1000 }, (_, i) =>
      i % 20 === 0 ? `rubbish ${i}` : `20.0.${i >> 8}.${i & 255}`,
    ).join('\n');
    const server = await serve({
      '/one': (_, response) => response.end('1.1.1.1\n1.1.1.2\n'),
      '/rubbish': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(rubbish)),
      '/dead': (request) => request.socket.destroy(),
      '/office': (_, response) => response.end('{"value":"1.1.1.2"}\n'),
    });
    const { index, result } = await pull({
      blocklists: ['one', 'dead', 'rubbish'].map((name) => blocklist(name, `${server.url}/${name}`)),
      allowlists: [{ id: 'a', name: 'office', url: `${server.url}/office` }],
    });
    expect(
      Object.fromEntries(
        result.lists.map(({ name, status, entries, skipped }) => [name, { status, entries, skipped }]),
      ),
    ).toEqual({
      office: { status: 'replaced', entries: 1, skipped: {} },
      one: { status: 'replaced', entries: 2, skipped: {} },
      dead: { status: 'failed', entries: 0, skipped: {} },
      rubbish: { status: 'replaced', entries: 950, skipped: { value: 50 } },
    });
    expect(index.size).toBe(953);
  });

  it('are asked for without any header of ours, across redirects too', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const server = await serve({
      '/list': (request, response) => {
        seen.push(request.headers);
        response.writeHead(302, { location: '/moved' }).end();
      },
      '/moved': (request, response) => {
        seen.push(request.headers);
        response.end('1.1.1.1\n');
      },
    });
    const { result } = await pull({ blocklists: [blocklist('l', `${server.url}/list`)] });
    expect(result.lists).toMatchObject([{ status: 'replaced', entries: 1 }]);
    expect(seen).toHaveLength(2);
    for (const headers of seen) {
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('cookie');
      expect(headers['user-agent'] ?? '').not.toMatch(/crowdsec|csnode/i);
    }
  });

  it.each<[string, Partial<CapiSourceOptions>, RequestListener, RegExp]>([
    [
      'redirects without end',
      {},
      (_, response) => response.writeHead(302, { location: '/list' }).end(),
      /more than 5 times/,
    ],
    [
      'leaves https',
      { allowHttpLists: false },
      (_, response) => response.end('2.2.2.2'),
      /http: links are not followed/,
    ],
    [
      'is too long',
      { limits: { maxBytes: 1000 } },
      (_, response) => response.end('2.2.2.2\n'.repeat(1000)),
      /longer than 1000 bytes/,
    ],
    [
      'is too long when decompressed',
      { limits: { maxBytes: 1000 } },
      (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('2.2.2.2\n'.repeat(100_000))),
      /longer than 1000 bytes/,
    ],
    [
      'has too many entries',
      { limits: { maxEntries: 10 } },
      (_, response) => response.end('2.2.2.2\n'.repeat(100)),
      /more than 10 entries/,
    ],
    [
      'is too slow',
      { limits: { timeoutMs: 100 } },
      (_, response) => response.write('2.2.2.2\n'),
      /not read within 100 ms/,
    ],
    [
      'is cut',
      {},
      (_, response) => response.writeHead(200, { 'content-length': 1000 }).write('2.2.2.2\n', () => response.destroy()),
      /terminated|other side/,
    ],
    [
      'is a page',
      {},
      (_, response) => response.end('<html>\n<body>Sorry</body>\n</html>'),
      /not one line of it is an entry/,
    ],
    ['is refused', {}, (_, response) => response.writeHead(403).end('no'), /answered 403/],
  ])('keep what is held of one that %s', async (_, options, listener, error) => {
    const server = await serve({
      '/list': (_request, response) => response.end('1.1.1.1\n'),
      '/other': (_request, response) => response.end('3.3.3.3\n'),
    });
    const links = { blocklists: [blocklist('l', `${server.url}/list`), blocklist('other', `${server.url}/other`)] };
    const first = await pull(links);
    server.routes['/list'] = listener;
    const second = await pull(links, { ...first, options });
    const reports = second.result.lists;
    expect(reports).toMatchObject([
      { name: 'l', status: 'failed', entries: 1, error: expect.stringMatching(error) as string },
      { name: 'other' },
    ]);
    expect(second.index.matches('1.1.1.1', second.now)).toHaveLength(1);
    expect(second.index.matches('2.2.2.2', second.now)).toEqual([]);
  });

  it('that failed are asked for again alone, by the links of the pull', async () => {
    const asked: string[] = [];
    const server = await serve({
      '/good': (_, response) => (asked.push('good'), response.end('1.1.1.1\n')),
      '/bad': (_, response) => (asked.push('bad'), response.writeHead(500).end()),
    });
    const links = { blocklists: ['good', 'bad'].map((name) => blocklist(name, `${server.url}/${name}`)) };
    const first = await pull(links);
    server.routes['/bad'] = (_, response) => (asked.push('bad'), response.end('2.2.2.2\n'));
    const second = await pull(links, { ...first, retry: true });
    expect(asked.toSorted()).toEqual(['bad', 'bad', 'good']);
    expect(second.index.matches('1.1.1.1', second.now)).toHaveLength(1);
    expect(second.index.matches('2.2.2.2', second.now)).toHaveLength(1);
    expect(Object.values(second.result.state).some(({ failed }) => failed)).toBe(false);
    expect(second.result.delta.added).toBe(1);
  });

  it('that come by an allowlist link without an id are not honoured, and what is held of them by name stays', async () => {
    const server = await serve({ '/office': (_, response) => response.end('{"value":"1.1.1.1"}\n') });
    const link = { name: 'office', url: `${server.url}/office` };
    for (const wrong of [link, { ...link, id: '' }, { ...link, id: 7 }, { ...link, id: null }]) {
      const { index, result } = await pull({ allowlists: [wrong] });
      expect(index.size).toBe(0);
      expect(result.lists).toMatchObject([{ name: 'office', status: 'failed', error: 'the link has no id' }]);
    }
    const first = await pull({ allowlists: [{ ...link, id: 'a' }] });
    const second = await pull({ allowlists: [link] }, first);
    expect(second.index.matches('1.1.1.1', second.now)).toMatchObject([{ allow: true }]);
  });

  it('keep non-public entries only where that is asked for', async () => {
    const server = await serve({ '/l': (_, response) => response.end('10.0.0.0/8\n127.0.0.1\n1.1.1.1\n') });
    const links = { blocklists: [blocklist('l', `${server.url}/l`)] };
    const { index, result } = await pull(links);
    expect(result.lists).toMatchObject([{ entries: 1, skipped: { 'non-public': 2 } }]);
    expect(index.size).toBe(1);
    expect((await pull(links, { options: { keepNonPublic: true } })).index.size).toBe(3);
  });

  it('of one name are told apart', async () => {
    const server = await serve({
      '/a': (_, response) => response.end('1.1.1.1\n'),
      '/b': (_, response) => response.end('2.2.2.2\n'),
    });
    const { index, now } = await pull({
      blocklists: [blocklist('same', `${server.url}/a`), blocklist('Same', `${server.url}/b`)],
    });
    expect(index.matches('1.1.1.1', now)).toHaveLength(1);
    expect(index.matches('2.2.2.2', now)).toHaveLength(1);
  });
});

describe('a stream answer', () => {
  it('may come as text', async () => {
    const text = JSON.stringify({
      new: [{ scope: 'ip', scenario: 's', decisions: [{ value: '1.1.1.1', duration: '1h' }] }],
    });
    const { index, now } = await pull(undefined, { answer: text });
    expect(index.matches('1.1.1.1', now)).toMatchObject([
      { origin: 'CAPI', scenario: 's', expiresAt: now + 3_600_000 },
    ]);
  });

  it.each([
    [undefined],
    [null],
    [''],
    [[]],
    [{}],
    ['{}'],
    [{ new: null, deleted: null, links: null }],
    [{ links: { blocklists: null } }],
  ])('without anything changes nothing: %j', async (answer) => {
    const { result } = await pull(undefined, { answer });
    expect(result.delta).toMatchObject({ added: 0, deleted: 0, skipped: {} });
  });

  it.each([['oops'], ['"oops"'], [42], [[1]], ['{"new":'], [true]])(
    'that is no object is an error: %j',
    async (answer) => {
      await expect(pull(undefined, { answer })).rejects.toMatchObject({ code: 'CROWDSEC_API_MALFORMED' });
    },
  );

  it('loses only what is unusable, counts it by reason, and says so once', async () => {
    const good = { scope: 'ip', scenario: 's', decisions: [{ value: '1.1.1.1', duration: '1h' }] };
    const bad = [
      {
        scope: 'username',
        decisions: [
          { value: 'x', duration: '1h' },
          { value: 'y', duration: '1h' },
        ],
      },
      {
        scope: 'ip',
        decisions: [{ value: 'x', duration: '1h' }, { value: '2.2.2.2', duration: '7d' }, { duration: '1h' }, null, 7],
      },
      { scope: 'ip' },
      'group',
      { decisions: [{ value: '3.3.3.3', duration: '1h' }] },
      { duration: '1h', origin: 'CAPI', scope: 'Ip', type: 'ban', value: '4.4.4.4' },
    ];
    const { result, warnings } = await pull(undefined, {
      answer: { new: [...bad, good], deleted: [{ scope: 'range', decisions: [5, {}] }, 1] },
    });
    expect(result.delta).toMatchObject({ added: 1, skipped: { scope: 3, value: 2, duration: 1, malformed: 8 } });
    expect(warnings).toHaveLength(1);
  });
});

interface Options {
  readonly index?: DecisionIndex;
  readonly result?: PullResult;
  readonly options?: Partial<CapiSourceOptions>;
  readonly retry?: boolean;
  readonly answer?: unknown;
}

async function pull(
  links: unknown,
  { index = DecisionIndex.empty, result: last, options = {}, retry = false, ...given }: Options = {},
) {
  const time = manualTime();
  const warnings: string[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (text) => warnings.push(text),
    error: () => undefined,
  };
  const answer = 'answer' in given ? given.answer : { new: [], deleted: [], links };
  const source: DecisionSource = capiSource({
    allowHttpLists: true,
    getStreamDecisions: () => Promise.resolve(answer),
    ...options,
  });
  const state: SourceState = last?.state ?? {};
  const context: PullContext = {
    startup: last === undefined,
    index,
    state,
    nextRefreshInMs: 4 * 3_600_000,
    clock: time.clock,
    logger,
    fetch,
    signal: new AbortController().signal,
  };
  const result = retry ? await source.retryLists!(context) : await source.pull(context);
  const now = time.clock.now();
  return { index: await index.apply(result.delta, { now }), result, now, warnings };
}

function blocklist(name: string, url: string) {
  return { name, url, remediation: 'ban', scope: 'ip', duration: '24h' };
}

async function serve(routes: Record<string, RequestListener>) {
  const server = createServer(
    (request, response) => void (routes[request.url!] ?? ((_, other) => other.writeHead(404).end()))(request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, routes };
}
