import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
import { silentLogger } from '../logger.js';
import { manualTime } from '../testing/manual-time.js';
import type { GeoSource } from './geo-source.js';
import { maxmindGeo } from './maxmind-geo.js';
import { removeFolder } from '../../test/remove-folder.js';

// Written with the Python package mmdb_writer: 81.2.69.0/24 (GB, AS 20712), 216.160.83.0/24 (US, AS 209), 2001:db8:a::/48 (GB),
// 2001:db8:b::/48 (US), 2001:db8:c::/48 (AS 209).
const fixture = (name: string): string => fileURLToPath(new URL(`../../test/fixtures/${name}.mmdb`, import.meta.url));

let sandbox: Sandbox;
let stateDir: string;
let crowdsec: Crowdsec;
let warnings: string[];

beforeEach(async () => {
  sandbox = await startSandbox();
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  warnings = [];
});

afterEach(async () => {
  await crowdsec.stop({ deadlineMs: 0 });
  await sandbox.stop();
  await removeFolder(stateDir);
});

async function start(geo: GeoSource): Promise<void> {
  const time = manualTime(Date.now());
  const { clock, scheduler } = time;
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  crowdsec = createCrowdsec({ apiUrl: sandbox.url, stateDir, geo, clock, scheduler, logger });
  await crowdsec.start();
  await time.advance(0);
}

const remediation = (ip: string): string => crowdsec.getIpRemediation(ip).remediation;

describe('maxmindGeo', () => {
  it('applies decisions about countries and networks to IPv4 and IPv6', async () => {
    sandbox.decisions.add([
      { value: 'gb', scope: 'Country' },
      { value: '209', scope: 'AS' },
    ]);
    await start(maxmindGeo({ country: fixture('country'), asn: fixture('asn') }));
    for (const ip of ['81.2.69.142', '::ffff:81.2.69.142', '2001:DB8:A:0::1', '216.160.83.56', '2001:db8:c::1']) {
      expect([ip, remediation(ip)]).toEqual([ip, 'ban']);
    }
    for (const ip of ['1.2.3.4', '2001:db8:b::1', '2001:db8:d::1'])
      expect([ip, remediation(ip)]).toEqual([ip, 'bypass']);
    expect(crowdsec.explain('216.160.83.56')).toMatchObject([{ scope: 'as', value: '209', origin: 'CAPI' }]);
    expect(crowdsec.health()).toMatchObject({ status: 'ok' });
  });

  it('does with one database what it tells', async () => {
    sandbox.decisions.add([
      { value: 'GB', scope: 'country' },
      { value: '209', scope: 'as' },
    ]);
    await start(maxmindGeo({ country: fixture('country') }));
    expect([remediation('81.2.69.142'), remediation('216.160.83.56')]).toEqual(['ban', 'bypass']);
  });

  it('is not asked while nothing about a country or a network is held', async () => {
    sandbox.decisions.add([{ value: '198.51.100.7' }]);
    const asked = vi.fn(() => undefined);
    await start({ open: () => Promise.resolve(asked) });
    expect([remediation('198.51.100.7'), remediation('81.2.69.142')]).toEqual(['ban', 'bypass']);
    expect(asked).not.toHaveBeenCalled();
  });

  it('says which file is missing, and the agent serves all other decisions', async () => {
    sandbox.decisions.add([{ value: 'GB', scope: 'country' }, { value: '198.51.100.7' }]);
    await start(maxmindGeo({ country: '/nowhere/country.mmdb' }));
    expect([remediation('198.51.100.7'), remediation('81.2.69.142')]).toEqual(['ban', 'bypass']);
    expect(warnings.filter((line) => line.includes('/nowhere/country.mmdb'))).toHaveLength(1);
    expect(crowdsec.health()).toMatchObject({
      status: 'degraded',
      problems: [{ code: 'GEO_UNAVAILABLE', message: expect.stringContaining('/nowhere/country.mmdb') as string }],
    });
  });

  it('refuses a file that is no database', async () => {
    await start(maxmindGeo({ asn: fileURLToPath(import.meta.url) }));
    expect(crowdsec.health().problems.map(({ code }) => code)).toEqual(['GEO_UNAVAILABLE']);
  });

  it('says what to install when the package is missing', async () => {
    vi.doMock('maxmind', () => {
      throw new Error('not found');
    });
    await start(maxmindGeo({ country: fixture('country') }));
    vi.doUnmock('maxmind');
    expect(crowdsec.health().problems).toMatchObject([
      { code: 'GEO_UNAVAILABLE', message: expect.stringContaining('npm install maxmind') as string },
    ]);
  });

  it('needs the file of at least one database', async () => {
    await start({ open: () => Promise.resolve(() => undefined) });
    expect(() => maxmindGeo({})).toThrow(expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID' }) as Error);
  });
});
