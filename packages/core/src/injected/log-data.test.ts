import { pino } from 'pino';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCrowdsec } from '../crowdsec.js';
import { CrowdsecError } from '../errors.js';
import { silentLogger, type LogData, type Logger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import { knowSecret } from '../redaction/redaction.js';
import { containedLogger } from './contained-logger.js';

interface Line {
  readonly message: string;
  readonly data: LogData | undefined;
}

function collecting(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const write = (message: string, data?: LogData): void => void lines.push({ message, data });
  return { logger: { debug: write, info: write, warn: write, error: write }, lines };
}

async function start(options: CrowdsecOptions): Promise<void> {
  const crowdsec = createCrowdsec({ ephemeral: true, ...options });
  onTestFinished(() => crowdsec.stop());
  await crowdsec.start();
}

describe('The data of a line', () => {
  it('comes after the message, and first to a logger of the shape of pino', async () => {
    const written: Record<string, unknown>[] = [];
    const real = pino(
      { level: 'debug' },
      { write: (line) => void written.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const { logger, lines } = collecting();
    for (const each of [containedLogger(real, () => undefined), containedLogger(logger, () => undefined)])
      each.warn('Signals are kept.', { code: 'SIGNALS_DEFERRED', signals: 3 });
    expect(written).toMatchObject([{ level: 40, msg: 'Signals are kept.', code: 'SIGNALS_DEFERRED', signals: 3 }]);
    expect(lines).toEqual([{ message: 'Signals are kept.', data: { code: 'SIGNALS_DEFERRED', signals: 3 } }]);
  });

  it('is plain, and names no secret, in errors and deep inside neither', () => {
    knowSecret('hunter2-hunter2-hunter2');
    const { logger, lines } = collecting();
    containedLogger(logger, () => undefined).error('It failed.', {
      code: 'X',
      error: new CrowdsecError('CROWDSEC_API_STATUS', 'refused hunter2-hunter2-hunter2', { status: 500 }),
      deep: { list: ['hunter2-hunter2-hunter2', 1] },
      absent: undefined,
      run: () => undefined,
    });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(lines[0]?.data).toMatchObject({
      code: 'X',
      error: { name: 'CrowdsecError', code: 'CROWDSEC_API_STATUS', status: 500 },
      deep: { list: [expect.any(String), 1] },
      run: 'a function',
    });
    expect(lines[0]?.data).not.toHaveProperty('absent');
  });

  it('survives what cannot be read', () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    const { logger, lines } = collecting();
    containedLogger(logger, () => undefined).info('A loop.', { code: 'X', loop });
    expect(lines).toHaveLength(1);
  });
});

describe('An agent', () => {
  it('says in one line when it starts what is on', async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.stop());
    const { logger, lines } = collecting();
    await start({
      apiUrl: sandbox.url,
      logger,
      trustedProxies: ['192.0.2.0/24'],
      mode: 'log',
      extensions: [{ name: 'acme.probe', apiVersion: 1 }],
    });
    const [line, ...others] = lines.filter(({ data }) => data?.code === 'STARTED');
    expect(others).toEqual([]);
    expect(line?.data).toMatchObject({
      networks: ['capi'],
      namespace: 'default',
      trustedProxies: ['192.0.2.0/24'],
      mode: 'log',
      appsec: 'off',
      extensions: ['acme.probe'],
    });
    expect(line?.message).toMatch(
      /^The agent v\S+ starts: networks capi; store \S.*; namespace default; trusted proxies 192\.0\.2\.0\/24; mode log; AppSec off; extensions acme\.probe\.$/,
    );
  });

  it('gives each line a code', async () => {
    const { logger, lines } = collecting();
    await start({
      apiUrl: 'http://127.0.0.1:9',
      logger,
      extensions: [{ name: 'a', apiVersion: 1, activate: ({ logger: own }) => own.info('hello') }],
    });
    await expect.poll(() => lines.length).toBeGreaterThan(1);
    for (const { message, data } of lines) expect(data?.code, message).toMatch(/^[A-Z][A-Z_]+$/);
    expect(lines.find(({ message }) => message === 'a: hello')?.data).toEqual({
      code: 'EXTENSION_LOG',
      extension: 'a',
    });
  });

  it('works with a logger that takes the message alone', async () => {
    const said: string[] = [];
    await start({
      apiUrl: 'http://127.0.0.1:9',
      logger: { ...silentLogger, info: (message: string) => void said.push(message) },
    });
    expect(said[0]).toContain('networks capi');
  });
});
