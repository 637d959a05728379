import { createCrowdsec, silentLogger } from '@crowdsec-sdk/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canMakeCertificates } from '../../engine/certificates.mjs';
import { findEngine } from '../../engine/engine-package.mjs';
import { startEngine } from '../../engine/start-engine.mjs';

/** @import { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core' */
/** @import { Certificates, Engine } from '../../engine/types.d.mts' */

const found = findEngine();
const SCENARIO = 'acme/login-bruteforce';

describe.skipIf('reason' in found || !canMakeCertificates())('a machine of a real engine that speaks TLS', () => {
  /** @type {Engine} */
  let engine;
  /** @type {Certificates} */
  let certificates;
  /** @type {Crowdsec[]} */
  const agents = [];

  beforeAll(async () => {
    if ('engine' in found) engine = await startEngine(found.engine, { tls: true });
    certificates = /** @type {Certificates} */ (engine.certificates);
  });
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.stop();
    await engine.cscli('alerts', 'delete', '--all');
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  /** @param {Omit<NonNullable<CrowdsecOptions['lapi']>, 'url'>} lapi */
  async function report(lapi) {
    const crowdsec = createCrowdsec({
      lapi: { url: engine.url, ...lapi },
      scenarios: [SCENARIO],
      ephemeral: true,
      logger: silentLogger,
    });
    agents.push(crowdsec);
    await crowdsec.start();
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });
    return crowdsec.flushSignals();
  }

  it('logs in by its client certificate, without a password', async () => {
    const { ca, bouncer, machine } = certificates;
    expect(await report({ tls: { ca, ...bouncer }, machine: { tls: machine } })).toMatchObject({ sent: 1 });

    expect(await engine.alerts()).toMatchObject([{ machine_id: 'shop-machine@127.0.0.1' }]);
    expect(await engine.decisions()).toMatchObject([{ value: '8.8.4.4', type: 'ban' }]);
  });

  it('logs in by its password beside a bouncer with a certificate, which it does not show', async () => {
    await engine.addMachine('shop', 'the-password-of-the-shop');
    const { ca, bouncer } = certificates;
    const machine = { machineId: 'shop', password: 'the-password-of-the-shop' };
    expect(await report({ tls: { ca, ...bouncer }, machine })).toMatchObject({ sent: 1 });

    expect(await engine.alerts()).toMatchObject([{ machine_id: 'shop' }]);
  });

  it('is told that its certificate is the reason when its unit is not one of machines', async () => {
    const { ca, bouncer } = certificates;
    const apiKey = await engine.addBouncer('shop');
    await expect(report({ apiKey, tls: { ca }, machine: { tls: bouncer } })).rejects.toMatchObject({
      code: 'CROWDSEC_CREDENTIALS_REJECTED',
      message: expect.stringContaining('agents_allowed_ou'),
    });
  });

  it('does not believe an engine whose authority it was not told', async () => {
    const { bouncer, machine } = certificates;
    await expect(report({ tls: bouncer, machine: { tls: machine } })).rejects.toMatchObject({
      code: 'CROWDSEC_API_UNREACHABLE',
    });
  });
});
