import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import { silentLogger } from './logger.js';
import type { CrowdsecOptions } from './options.js';
import type { DecisionSource } from './sources/decision-source.js';
import { listSource } from './sources/list-source.js';

describe('An agent that does not speak to CAPI', () => {
  let crowdsec: Crowdsec;
  const start = async (options: CrowdsecOptions): Promise<void> => {
    crowdsec = createCrowdsec({ ephemeral: true, logger: silentLogger, scenarios: ['acme/x'], ...options });
    await crowdsec.start();
  };
  afterEach(() => crowdsec.stop());

  const ownSource = (): DecisionSource =>
    listSource({ name: 'office', everyMs: 60_000, read: () => Readable.from(['203.0.113.7\n']) });
  const sharedSource = (): DecisionSource => {
    const { everyMs: _, ...source } = ownSource();
    return source;
  };

  it.each([
    ['a source that each process asks itself', ownSource],
    ['a source that one process asks for all', sharedSource],
  ])('enforces what %s brings, and is well', async (_, source) => {
    await start({ extensions: [{ name: 'lists', apiVersion: 1, sources: [source()] }] });
    await expect.poll(() => crowdsec.getIpRemediation('203.0.113.7').remediation).toBe('ban');
    expect(crowdsec.getIpRemediation('203.0.113.8')).toEqual({ remediation: 'bypass', origin: 'clean' });
    expect(crowdsec.health()).toMatchObject({ status: 'ok', problems: [], identity: { identity: 'none' } });
  });

  it('decides, and refuses reports, for there is nobody to tell', async () => {
    await start({ extensions: [{ name: 'lists', apiVersion: 1, sources: [ownSource()] }] });
    crowdsec.decide({ ip: '198.51.100.9', type: 'ban', duration: '4h', scenario: 'acme/x' });
    expect(crowdsec.getIpRemediation('198.51.100.9').remediation).toBe('ban');
    expect(crowdsec.report({ ip: '8.8.8.8', scenario: 'acme/x' })).toMatchObject({
      status: 'refused',
      reason: 'no-network',
    });
    expect(crowdsec.health().signals.refused).toEqual({ 'no-network': 1 });
    await expect(crowdsec.enroll({ key: 'abc' })).rejects.toMatchObject({ path: 'options.env' });
  });
});
