import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PanelState } from '@crowdsec-sdk/panel';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DemoState } from '../src/play/state.js';
import { temporaryFolder } from './running-demo.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

const require = createRequire(import.meta.url);
const SDK_COMMAND = join(dirname(require.resolve('@crowdsec-sdk/cli/package.json')), 'bin/crowdsec-sdk.js');

describe('the command crowdsec-sdk, beside the demo', () => {
  it('decides for it by what the demo prints, with no call and no other machine', async () => {
    // A shell would take the blank apart.
    const CROWDSEC_STATE_DIR = join(await temporaryFolder(), 'the demo');
    const demo = run({ PORT: '0', CROWDSEC_STATE_DIR });
    const url = await demo.printed(/http:\/\/127\.0\.0\.1:\d+/);
    const printed = await demo.printed(/in another terminal: .* npx crowdsec-sdk/);
    const environment = printed.replace('in another terminal: ', '').replace(' npx crowdsec-sdk', '');
    const sdk = async (...words: readonly string[]): Promise<string> => {
      const line = [environment, `'${process.execPath}'`, `'${SDK_COMMAND}'`, ...words].join(' ');
      const { stdout } = await promisify(execFile)('sh', ['-c', line], { cwd: await temporaryFolder() });
      return stdout;
    };
    const visit = async (ip: string): Promise<number> =>
      (await fetch(`${url}/api/whoami`, { headers: { 'x-forwarded-for': ip } })).status;
    const shown = async <T>(path: string): Promise<T> => (await (await fetch(url + path)).json()) as T;
    // What software is at work, the agent tells when it gets round to it.
    const calls = async (): Promise<readonly string[]> =>
      (await shown<DemoState>('/api/state')).calls.map(({ path }) => path).filter((path) => !path.includes('metrics'));

    await expect.poll(() => visit('203.0.113.1'), { timeout: 30_000 }).toBe(403);
    const [callsBefore, before] = [await calls(), await shown<PanelState>('/crowdsec/metrics.json')];
    expect(JSON.parse(await sdk('explain', '203.0.113.1', '--json'))).toMatchObject({
      remediation: 'ban',
      origin: 'CAPI',
    });
    expect(await visit('192.0.2.77')).toBe(200);
    await sdk('decisions', 'add', '--ip', '192.0.2.77');
    await expect.poll(() => visit('192.0.2.77')).toBe(403);
    expect(JSON.parse(await sdk('explain', '192.0.2.77', '--json'))).toMatchObject({ origin: 'crowdsec' });

    const after = await shown<PanelState>('/crowdsec/metrics.json');
    expect(after.identity).toEqual(before.identity);
    expect(after.decisions.pulledAt).toBe(before.decisions.pulledAt);
    expect(await calls()).toEqual(callsBefore);
  });
});

describe('the command', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('prints its URL, and ends cleanly on %s', async (signal) => {
    const temporary = await temporaryFolder();
    const demo = run({ PORT: '0', TMPDIR: temporary });
    const url = await demo.printed(/http:\/\/127\.0\.0\.1:\d+/);
    expect((await fetch(url)).status).toBe(200);
    expect(await readdir(temporary)).toHaveLength(1);
    demo.kill(signal);
    expect(await demo.ended).toBe(0);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('says in one line when its port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void squatter.close());
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const demo = run({ PORT: String(port) });
    expect(await demo.ended).toBe(1);
    expect(demo.output()).toBe(`Port ${port} is taken: set PORT to another one\n`);
  });

  it('says in one line when the blocklist is not there', async () => {
    const demo = run({ PORT: '0', CROWDSEC_BLOCKLIST: '/nowhere/list.txt' });
    expect(await demo.ended).toBe(1);
    expect(demo.output()).toMatch(/^CROWDSEC_BLOCKLIST cannot be read: .*\n$/);
  });
});

interface Command {
  readonly ended: Promise<number | null>;
  output(): string;
  /** The first match in what it prints. */
  printed(wanted: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

function run(environment: Readonly<Record<string, string>>): Command {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env.PATH, ...environment } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return {
    ended,
    output: () => output,
    printed: async (wanted) => {
      await expect.poll(() => output, { timeout: 60_000 }).toMatch(wanted);
      return wanted.exec(output)?.[0] ?? '';
    },
    kill: (signal) => void child.kill(signal),
  };
}
