import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { rawRequest } from '../test/raw-request.js';
import { startSandbox } from './index.js';

interface Recording {
  readonly exchanges: readonly {
    readonly from: string;
    readonly at: string;
    readonly method: string;
    readonly target: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly status: number;
  }[];
}

const recording = JSON.parse(
  readFileSync(new URL('../test/fixtures/engine-v1.7.json', import.meta.url), 'utf8'),
) as Recording;

it('answers every request of the official engine that was answered 2xx with a 2xx', async () => {
  let now = 0;
  await using sandbox = await startSandbox({ clock: { now: () => now } });
  sandbox.seedMachine({ machineId: MACHINE, password: 'FakePassword0'.repeat(5).slice(0, 64) });
  sandbox.decisions.add([{ value: '198.51.100.10' }]);
  sandbox.blocklists.set('tor', { lines: ['198.51.100.77'] });
  sandbox.allowlists.set('office', ['192.0.2.10']);

  const tokens = new Map<string, string>();
  const failed: string[] = [];
  for (const [index, { from, at, method, target, headers, body }] of recording.exchanges.entries()) {
    now = Date.parse(at);
    const authorization = headers.authorization?.replace(
      /\{token (\d+)\}/,
      (_, issuer: string) => tokens.get(issuer) ?? 'none',
    );
    const { status, text } = await rawRequest(sandbox.url, {
      method,
      target,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      ...(body === undefined
        ? {}
        : { body: headers['content-encoding'] === 'gzip' ? gzipSync(body) : Buffer.from(body) }),
    });
    const accepted = status >= 200 && status < 300;
    if (!accepted) failed.push(`${from}: ${method} ${target} → ${status} ${text}`);
    if (accepted && target.endsWith('/login')) tokens.set(String(index), (JSON.parse(text) as { token: string }).token);
  }

  expect(failed).toEqual([]);
  expect(recording.exchanges).toHaveLength(85);
  expect(tokens.size).toBe(14);
  expect(sandbox.signals).toHaveLength(141);
  expect(sandbox.calls.map(({ target }) => target)).toEqual(recording.exchanges.map(({ target }) => target));
});

const MACHINE = 'aaaabbbbccccddddeeeeffff000011112222333344445555';
