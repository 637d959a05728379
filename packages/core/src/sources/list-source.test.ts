import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DecisionIndex } from '../decisions/decision-index.js';
import { silentLogger } from '../logger.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { cidrs } from './cidrs.js';
import type { DecisionSource, ListReport, SourceState } from './decision-source.js';
import { listFile } from './list-file.js';
import type { ListChunks } from './read-list.js';
import { listSource } from './list-source.js';

const HOUR_MS = 3_600_000;

let folder: string;
let path: string;
let time: ManualTime;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  path = join(folder, 'Banned.txt');
  time = manualTime();
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a file', () => {
  it('is read line by line, and the lines that are none are counted', async () => {
    await writeFile(path, '# ours\n192.0.2.1\n\n198.51.100.0/24 ; a net\nnonsense\n2001:db8::/32');
    const asked = asking(listFile(path));
    expect(await asked.look()).toMatchObject({ name: 'Banned', kind: 'blocklist', status: 'replaced', entries: 3 });
    expect(asked.report?.skipped).toEqual({ value: 1 });
    expect(asked.matches('198.51.100.7')).toEqual([
      {
        origin: 'lists:banned',
        type: 'ban',
        scenario: 'Banned',
        allow: false,
        scope: 'range',
        value: '198.51.100.0/24',
      },
    ]);
  });

  it('is what its options say: an allowlist, or another remediation, for a while', async () => {
    await writeFile(path, '192.0.2.1\n');
    const allowed = asking(listFile(path, { name: 'office', kind: 'allowlist' }));
    await allowed.look();
    expect(allowed.matches('192.0.2.1')).toMatchObject([{ origin: 'lists:office', allow: true }]);
    const tested = asking(listFile(path, { type: 'captcha', duration: '1h' }));
    await tested.look();
    expect(tested.matches('192.0.2.1')).toMatchObject([{ type: 'captcha', expiresAt: time.clock.now() + HOUR_MS }]);
    await time.advance(HOUR_MS);
    expect(tested.matches('192.0.2.1')).toEqual([]);
  });

  it('is taken over once two looks have found the same change, so not while it is being written', async () => {
    await writeFile(path, '192.0.2.1\n');
    const asked = asking(listFile(path));
    await asked.look();
    await writeFile(path, '192.0.2.2\n192.0.2.');
    expect(await asked.look()).toMatchObject({ status: 'unchanged', entries: 1 });
    await writeFile(path, '192.0.2.2\n192.0.2.3\n192.0.2.4');
    expect(await asked.look()).toMatchObject({ status: 'failed', error: expect.stringContaining('being written') });
    expect(asked.held('192.0.2.1', '192.0.2.2')).toEqual([true, false]);
    expect(await asked.look()).toMatchObject({ status: 'replaced', entries: 3 });
    expect(asked.held('192.0.2.1', '192.0.2.2', '192.0.2.4')).toEqual([false, true, true]);
  });

  it('may be replaced by a rename', async () => {
    await writeFile(path, '192.0.2.1\n');
    const asked = asking(listFile(path));
    await asked.look();
    await writeFile(`${path}.new`, '192.0.2.2\n');
    await rename(`${path}.new`, path);
    await asked.look();
    await asked.look();
    expect(asked.held('192.0.2.1', '192.0.2.2')).toEqual([false, true]);
  });

  it('keeps what was held while it is missing, or is no list any more, and says so', async () => {
    await writeFile(path, '192.0.2.1\n');
    const asked = asking(listFile(path));
    await asked.look();
    await rm(path);
    expect(await asked.look()).toMatchObject({
      status: 'failed',
      entries: 1,
      error: expect.stringContaining('ENOENT'),
    });
    await writeFile(path, '<html>\n<body>Not found</body>\n');
    await asked.look();
    expect(await asked.look()).toMatchObject({ status: 'failed', error: 'not one line of it is an entry (2 value)' });
    expect(asked.held('192.0.2.1')).toEqual([true]);
    await writeFile(path, '# nobody any more\n');
    await asked.look();
    await asked.look();
    expect(await asked.look()).toMatchObject({ status: 'unchanged', entries: 0 });
    expect(asked.held('192.0.2.1')).toEqual([false]);
  });

  it('that comes only later is read then', async () => {
    const asked = asking(listFile(path));
    expect(await asked.look()).toMatchObject({ status: 'failed', entries: 0 });
    await writeFile(path, '192.0.2.1\n');
    await asked.look();
    await asked.look();
    expect(asked.held('192.0.2.1')).toEqual([true]);
  });

  it('must be a file', async () => {
    expect(await asking(listFile(folder)).look()).toMatchObject({ status: 'failed', error: `${folder} is no file` });
  });

  it('serves any number of agents', async () => {
    await writeFile(path, '192.0.2.1\n');
    const source = listFile(path);
    for (const asked of [asking(source), asking(source)]) {
      await asked.look();
      expect(asked.held('192.0.2.1')).toEqual([true]);
    }
  });
});

describe('lines from anywhere', () => {
  it('are read again only when their version differs', async () => {
    let version = 'one';
    let reads = 0;
    const read = (): ListChunks => {
      reads++;
      return ['192.0.2.1\n192.0', Buffer.from('.2.2')];
    };
    const asked = asking(listSource({ name: 'ours', read, version: async () => version }));
    await asked.look();
    await asked.look();
    expect([reads, asked.held('192.0.2.1', '192.0.2.2')]).toEqual([1, [true, true]]);
    version = 'two';
    for (let looks = 0; looks < 4; looks++) await asked.look();
    expect(reads).toBe(2);
  });

  it('are read at each look where they have no version', async () => {
    let at = 0;
    const asked = asking(listSource({ name: 'ours', read: () => [`192.0.2.${++at}`] }));
    await asked.look();
    await asked.look();
    expect(asked.held('192.0.2.1', '192.0.2.2')).toEqual([false, true]);
  });

  it('are not taken over when they change while they are read, nor by half', async () => {
    let version = 0;
    const moving = asking(listSource({ name: 'ours', read: () => ['192.0.2.1'], version: async () => `${version++}` }));
    expect(await moving.look()).toMatchObject({ status: 'failed', error: 'it changed while it was read' });
    const breaking = async function* (): AsyncGenerator<string> {
      yield '192.0.2.1\n';
      throw new Error('connection lost');
    };
    const broken = asking(listSource({ name: 'ours', read: breaking }));
    expect(await broken.look()).toMatchObject({ status: 'failed', error: 'connection lost' });
    expect([moving.held('192.0.2.1'), broken.held('192.0.2.1')]).toEqual([[false], [false]]);
  });

  it('leave out non-public addresses of a blocklist unless told to keep them', async () => {
    const read = (): string[] => ['10.0.0.0/8\n127.0.0.1\n192.0.2.1\n'];
    const left = asking(listSource({ name: 'ours', read }));
    expect(await left.look()).toMatchObject({ status: 'replaced', entries: 1, skipped: { 'non-public': 2 } });
    const kept = asking(listSource({ name: 'ours', read, keepNonPublic: true }));
    expect(await kept.look()).toMatchObject({ status: 'replaced', entries: 3, skipped: {} });
    const allowed = asking(listSource({ name: 'ours', read, kind: 'allowlist' }));
    expect(await allowed.look()).toMatchObject({ status: 'replaced', entries: 3, skipped: {} });
    const own = asking(cidrs(['10.0.0.0/8']));
    expect(await own.look()).toMatchObject({ status: 'replaced', entries: 1, skipped: {} });
  });

  it.each([
    [{ name: 'no colon: please' }, 'options.name'],
    [{ everyMs: 999 }, 'options.everyMs'],
    [{ kind: 'greylist' }, 'options.kind'],
    [{ type: 'Ban' }, 'options.type'],
    [{ duration: '0s' }, 'options.duration'],
    [{ path: 'list.txt' }, 'options.path'],
  ])('are refused with wrong options: %j', (wrong, optionPath) => {
    const options = { name: 'ours', read: () => [], ...wrong } as Parameters<typeof listSource>[0];
    expect(() => listSource(options)).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path: optionPath }),
    );
  });
});

describe('CIDRs', () => {
  it('are held as they are written down', async () => {
    const asked = asking(cidrs(['198.51.100.0/24', '2001:db8::1'], { name: 'office', kind: 'allowlist' }));
    expect(await asked.look()).toMatchObject({ name: 'office', kind: 'allowlist', status: 'replaced', entries: 2 });
    expect(await asked.look()).toMatchObject({ status: 'unchanged', entries: 2 });
    expect(asked.matches('198.51.100.7')).toMatchObject([{ origin: 'lists:office', allow: true }]);
  });

  it('are checked when they are written down', () => {
    const build = (): unknown => cidrs(['192.0.2.1', '10.0.0.0/8', '::/0', '10.0.0.0/33']);
    expect(build).toThrow(expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path: 'cidrs[3]' }));
  });
});

/** Asks a source as an agent does, without its timers. */
function asking(source: DecisionSource) {
  let index = DecisionIndex.empty;
  let state: SourceState | undefined;
  let report: ListReport | undefined;
  const matches = (ip: string): unknown[] => [...index.matches(ip, time.clock.now())];
  return {
    async look(): Promise<ListReport | undefined> {
      const { clock } = time;
      const signal = new AbortController().signal;
      const about = { startup: state === undefined, index, state: state ?? {}, nextRefreshInMs: source.everyMs! };
      const answer = await source.pull({ ...about, clock, logger: silentLogger, fetch, signal });
      index = await index.apply(answer.delta, { now: clock.now() });
      state = answer.state;
      report = answer.lists[0];
      return report;
    },
    get report() {
      return report;
    },
    matches,
    held: (...ips: readonly string[]) => ips.map((ip) => matches(ip).length > 0),
  };
}
