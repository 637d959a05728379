import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const script = fileURLToPath(new URL('../../../tools/replay.mjs', import.meta.url));

interface Replayed {
  readonly code: number;
  readonly stderr: string;
  readonly figures: {
    readonly lines: number;
    readonly unreadable: number;
    readonly hours: number;
    readonly scenarios: readonly { readonly scenario: string; readonly clients: number }[];
    readonly synthetic?: {
      readonly attackers: number;
      readonly missed: unknown[];
      readonly wrong: unknown[];
      readonly others: number;
    };
  };
}

/** `npm run replay`, without building. */
function replay(...args: string[]): Promise<Replayed> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, '--built', '--json', ...args], (error, stdout, stderr) => {
      const figures = (stdout === '' ? {} : JSON.parse(stdout)) as Replayed['figures'];
      resolve({ code: error === null ? 0 : Number(error.code), stderr, figures });
    });
  });
}

async function logFile(name: string, content: string | Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-replay-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

const probe = (ip: string, path: string): string =>
  `${ip} - - [21/Nov/2026:10:00:00 +0100] "GET ${path} HTTP/1.1" 404 12 "-" "Mozilla/5.0"\n`;

const dated = (date: string, ip: string): string => probe(ip, '/.env').replace(/\[.*?\]/, `[${date}]`);
const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');

describe('a replayed log', () => {
  it('shows every attacker of a synthetic day, and none of the look-alikes', async () => {
    const { code, figures } = await replay('--synthetic', '40000', '--seed', '3');
    expect(figures).toMatchObject({
      lines: 40_000,
      unreadable: 0,
      synthetic: { attackers: 80, missed: [], wrong: [], others: 0 },
    });
    expect(figures.scenarios.map(({ scenario }) => scenario).toSorted()).toEqual([
      'replay/backdoor-paths',
      'replay/bad-user-agent',
      'replay/credential-stuffing',
      'replay/http-404',
      'replay/login-bruteforce',
      'replay/sensitive-files',
    ]);
    expect(code).toBe(0);
  });

  it('may be packed, in the common format, and have lines in it that are none', async () => {
    const common = '203.0.113.9 - - [21/Nov/2026:10:00:01 +0100] "GET /.git/config HTTP/1.0" 404 12\n';
    const odd = [
      'nonsense',
      '203.0.113.8 - - [99/Foo/2026] "" 1',
      '203.0.113.7 - - [21/Nov/2026:10:00:00 +0100] "\\x16\\x03" 400 0 "-" "-"',
    ];
    const text =
      probe('203.0.113.7', '/.env?x=1') +
      common +
      `${odd.join('\n')}\n` +
      probe('10.0.0.1', '/.env').replace('\n', '\r\n');
    const { code, figures } = await replay(await logFile('access.log.gz', gzipSync(text)));
    expect(figures).toMatchObject({ lines: 6, unreadable: 2 });
    expect(figures.scenarios).toMatchObject([{ scenario: 'replay/sensitive-files', clients: 3, suppressed: 1 }]);
    expect(code).toBe(0);
  });

  it('that breaks off is told of as far as it goes, and fails', async () => {
    const packed = gzipSync(probe('203.0.113.7', '/.env').repeat(5_000));
    const { code, stderr, figures } = await replay(
      await logFile('access.log.gz', packed.subarray(0, packed.length - 20)),
    );
    expect(stderr).toContain("can't be read any further");
    expect(figures.lines).toBeGreaterThan(4_000);
    expect(code).toBe(1);
  });

  it.each([
    ['a few lines', 3],
    ['many', 20_000],
  ])('with rubbish after %s is told of up to it, and fails', async (_, count) => {
    const lines = Array.from({ length: count }, (_, i) =>
      probe(`198.51.${(i >> 8) % 256}.${i % 256}`, `/${Math.imul(i, 0x9e3779b1)}`),
    );
    const rubbish = Buffer.from('this is no gzip');
    const packed = Buffer.concat([gzipSync(lines.join('')), gzipSync(probe('203.0.113.7', '/.env')), rubbish]);
    const { code, stderr, figures } = await replay(await logFile('access.log.gz', packed));
    expect(figures).toMatchObject({ lines: count + 1, unreadable: 0, scenarios: [{ clients: 1 }] });
    expect(stderr).toContain("can't be read any further");
    expect(code).toBe(1);
  });

  it('with zeros after its end is whole', async () => {
    const packed = Buffer.concat([gzipSync(probe('203.0.113.7', '/.env')), Buffer.alloc(200_000)]);
    const { code, figures } = await replay(await logFile('access.log.gz', packed));
    expect(figures).toMatchObject({ lines: 1, unreadable: 0 });
    expect(code).toBe(0);
  });

  it('has dates in it that there are not', async () => {
    const dates = [
      '45/Jan/2026:12:00:00 +0000',
      '31/Feb/2026:10:00:00 +0000',
      '01/Feb/2026:99:99:99 +0000',
      '01/Feb/2026:10:00:00 +9900',
    ];
    const odd = dates.map((date) => dated(date, '203.0.113.7')).join('');
    const { figures } = await replay(
      await logFile('access.log', odd + dated('28/Feb/2026:23:59:60 +1400', '203.0.113.8')),
    );
    expect(figures).toMatchObject({ lines: 5, unreadable: 4, scenarios: [{ clients: 1 }] });
  });

  describe('with a date far ahead', () => {
    const lines = Array.from({ length: 200 }, (_, i) => dated(`01/Jan/2026:${two(i / 10)}:00:00 +0000`, '203.0.113.7'));
    let right: Replayed['figures'];
    beforeAll(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'crowdsec-replay-test-'));
      const file = join(folder, 'access.log');
      await writeFile(file, lines.join(''));
      ({ figures: right } = await replay(file));
      await rm(folder, { recursive: true });
    });

    it.each([0, 1, 30, 200])('after %i lines is not led astray', async (before) => {
      const wrong = dated('01/Jan/2099:00:00:00 +0000', '203.0.113.8');
      const { figures } = await replay(await logFile('access.log', lines.toSpliced(before, 0, wrong).join('')));
      expect(figures).toMatchObject({ lines: 201, unreadable: 1, hours: 19 });
      expect(right.scenarios).toHaveLength(1);
      expect(figures.scenarios).toEqual(right.scenarios);
    });
  });

  it.each([
    [2, 0],
    [150, 0],
    [150, 40],
  ])('may have a gap before %i lines, a wrong date after %i of them', async (after, wrongAfter) => {
    const early = Array.from({ length: 10 }, () => dated('01/Jan/2026:00:00:00 +0000', '203.0.113.7'));
    const late = Array.from({ length: after }, (_, i) => dated('09/Jan/2026:00:00:00 +0000', `198.51.100.${i}`));
    late.splice(wrongAfter, 0, dated('01/Jan/2099:00:00:00 +0000', '203.0.113.8'));
    const { figures } = await replay(await logFile('access.log', [...early, ...late].join('')));
    expect(figures).toMatchObject({ unreadable: 1, hours: 192, scenarios: [{ clients: 1 + after }] });
  });

  it('must be there', async () => {
    const { code, stderr } = await replay('/no/such/access.log');
    expect(stderr).toMatch(/^there is no file \/no\/such\/access\.log\nusage: npm run replay/);
    expect(code).toBe(2);
  });
});
