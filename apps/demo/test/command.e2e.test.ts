import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from './running-demo.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

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
