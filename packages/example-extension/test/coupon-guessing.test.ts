import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrowdsec, silentLogger, type Crowdsec } from '@crowdsec-sdk/core';
import { manualTime, type ManualTime } from '@crowdsec-sdk/core/testing';
import { crowdsecMiddleware } from '@crowdsec-sdk/express';
import { startSandbox, type Sandbox, type SignalBody } from '@crowdsec-sdk/sandbox';
import express, { type Response } from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { couponGuessing, type CouponGuessing } from '../src/coupon-guessing.js';

const VISITOR = '203.0.113.7';
const OTHER = '203.0.113.8';
const RESELLER = '198.51.100.9';

/** A shop that knows the coupon SUMMER alone, with the extension in its agent. */
describe('a shop with acme.coupon-guessing', () => {
  let sandbox: Sandbox;
  let stateDir: string;
  let time: ManualTime;
  let extension: CouponGuessing;
  let crowdsec: Crowdsec;
  let server: Server;

  beforeEach(async () => {
    sandbox = await startSandbox();
    stateDir = await mkdtemp(join(tmpdir(), 'coupon-guessing-'));
    await open();
  });

  afterEach(async () => {
    await close();
    await sandbox.stop();
    await rm(stateDir, { recursive: true });
  });

  async function open(): Promise<void> {
    time = manualTime(Date.now());
    extension = couponGuessing({ resellers: ['198.51.100.0/24'] });
    crowdsec = createCrowdsec({
      apiUrl: sandbox.url,
      stateDir,
      trustedProxies: 'loopback',
      remediations: ['ban', 'slow'],
      extensions: [extension],
      logger: silentLogger,
      clock: time.clock,
      scheduler: time.scheduler,
    });
    await crowdsec.start();
    const app = express();
    app.use(crowdsecMiddleware(crowdsec));
    app.get('/redeem/:code', ({ params: { code } }, response: Response) => {
      const { ip } = response.locals.crowdsec;
      if (code !== 'SUMMER' && ip !== undefined) crowdsec.observe('app:coupon-rejected', { ip, code });
      response.sendStatus(code === 'SUMMER' ? 200 : 404);
    });
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  }

  async function close(): Promise<void> {
    await crowdsec.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** The status of the answer. */
  async function redeem(code: string, ip = VISITOR): Promise<number> {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/redeem/${code}`, { headers: { 'x-forwarded-for': ip } });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** Tries so many different wrong coupons, and has the detectors look at all of it. */
  async function guess(count: number, ip = VISITOR): Promise<void> {
    for (let i = 0; i < count; i++) await redeem(`GUESS-${i}`, ip);
    await crowdsec.runDue();
  }

  async function signals(): Promise<readonly SignalBody[]> {
    await crowdsec.flushSignals();
    return sandbox.signals.map(({ signal }) => signal);
  }

  async function waitForSlowed(count: number): Promise<void> {
    await vi.waitFor(() => expect(time.pending().filter(({ name }) => name.includes('slow'))).toHaveLength(count), {
      timeout: 20_000,
    });
  }

  it('minds neither three wrong coupons nor the same one again and again', async () => {
    await guess(3);
    for (let i = 0; i < 20; i++) await redeem('SUMER', OTHER);
    await crowdsec.runDue();
    expect(crowdsec.health().extensions[0]?.detectors[0]).toMatchObject({ name: 'guesses', events: 23, acted: 0 });
    expect(await signals()).toEqual([]);
  });

  it('whispers of four, and lets the client go on', async () => {
    await guess(4);
    expect(await redeem('SUMMER')).toBe(200);
    expect(await signals()).toMatchObject([{ scenario: 'acme/coupon-guessing', source: { value: VISITOR } }]);
    expect(sandbox.signals[0]?.signal.decisions ?? []).toEqual([]);
  });

  it('slows a client down after ten, and nobody else', async () => {
    await guess(10);
    const slowed = redeem('SUMMER');
    await waitForSlowed(1);
    expect(await redeem('SUMMER', OTHER)).toBe(200);
    await time.advance(3_000);
    expect(await slowed).toBe(200);
    expect((await signals()).flatMap(({ decisions }) => decisions ?? [])).toMatchObject([
      { scenario: 'acme/coupon-guessing', type: 'slow', value: VISITOR, duration: '30m' },
    ]);
  });

  it('forgets guesses that came slowly', async () => {
    for (let i = 0; i < 20; i++) {
      await redeem(`GUESS-${i}`);
      await time.advance(60_000);
    }
    expect(await signals()).toEqual([]);
  });

  it('sends clients away once a hundred wait', async () => {
    await guess(10);
    const slowed = Promise.all(Array.from({ length: 100 }, () => redeem('SUMMER')));
    await waitForSlowed(100);
    expect(await redeem('SUMMER')).toBe(429);
    await time.advance(3_000);
    expect(new Set(await slowed)).toEqual(new Set([200]));
  });

  it('bans who tries a trap, after a restart too', async () => {
    await extension.setTrap('FREE100');
    await close();
    await open();
    expect(await redeem('FREE100')).toBe(404);
    await crowdsec.runDue();
    expect(await redeem('SUMMER')).toBe(403);
    expect(crowdsec.explain(VISITOR)).toMatchObject([{ type: 'ban', scenario: 'acme/coupon-trap' }]);
  });

  it('still counts while it cannot look for traps', async () => {
    await rm(stateDir, { recursive: true });
    await writeFile(stateDir, 'no folder any more');
    await guess(10);
    const { store, extensions } = crowdsec.health();
    expect(store.reachable).toBe(false);
    expect(extensions).toMatchObject([{ state: 'active', failures: 0 }]);
    expect(crowdsec.getIpRemediation(VISITOR).remediation).toBe('slow');
  });

  it('refuses resellers from the start', async () => {
    expect(await redeem('SUMMER', RESELLER)).toBe(403);
    expect(crowdsec.explain(RESELLER)).toMatchObject([{ origin: 'lists:coupon-resellers', value: '198.51.100.0/24' }]);
  });

  it('lets those who wait go on when the agent stops, and is over then', async () => {
    await guess(10);
    const slowed = redeem('SUMMER');
    await waitForSlowed(1);
    await crowdsec.stop();
    expect(await slowed).toBe(200);
    expect(crowdsec.health().extensions).toMatchObject([{ name: 'acme.coupon-guessing', state: 'disposed' }]);
    await expect(extension.setTrap('FREE100')).rejects.toThrow('not active');
  });
});
