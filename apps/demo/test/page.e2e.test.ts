import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { launchBrowser } from '@crowdsec-sdk/conformance/browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startDemo, type RunningDemo } from './running-demo.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe('the page', () => {
  it('plays visitors, and shows what the site answers', async () => {
    const { page } = await openPage();
    await page.getByRole('button', { name: 'Clean visitor' }).click();
    await answered(page, 'Clean visitor', '200');
    await page.getByRole('button', { name: 'Banned visitor' }).click();
    await answered(page, 'Banned visitor', '403');
    await page.getByRole('button', { name: 'IPv6, banned range' }).click();
    await answered(page, 'IPv6 from a banned range', '403');
    await page.getByLabel('Visit as any address').fill('198.51.100.200');
    await page.getByRole('button', { name: 'Visit', exact: true }).click();
    await answered(page, 'Visit', '403');
  });

  it('shows the buffer filling, and the call that empties it', async () => {
    const { page } = await openPage();
    const meter = page.getByRole('meter', { name: 'Signals in the buffer' });
    await page.getByRole('button', { name: 'Swarm of 40' }).click();
    await answered(page, 'Swarm of 40', '401 × 40');
    await eventually(() => meter.getAttribute('aria-valuenow')).toBe('40');
    await eventually(() => page.locator('#countdown').textContent()).toMatch(/^\d+:\d\d$/);
    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => meter.getAttribute('aria-valuenow')).toBe('0');
    const call = page.locator('#calls .entry').first();
    await eventually(() => call.textContent()).toMatch(/200POST\/v3\/signals40 signals\d/);
    expect(await call.textContent()).toContain((await page.locator('#user-agent').textContent()) ?? 'none');
  });

  it('renames the agent, and shows what core refuses', async () => {
    const { page, demo } = await openPage();
    const { machineId } = await demo.state();
    const suffix = page.getByLabel('Suffix');
    await suffix.fill('bad suffix!');
    await page.getByRole('button', { name: 'Rename' }).click();
    await eventually(() => page.locator('#suffix-error').textContent()).toContain('letters and digits');
    expect(await suffix.getAttribute('aria-invalid')).toBe('true');

    await suffix.fill('AcmeShop');
    await page.getByRole('button', { name: 'Rename' }).click();
    await eventually(() => page.locator('#user-agent').textContent()).toMatch(/^csnodecapi_AcmeShop\/v/);
    expect(await suffix.getAttribute('aria-invalid')).toBe('false');
    await eventually(() => page.locator('#machine-id').textContent()).toBe(machineId);
    expect(await page.locator('#identity-state').textContent()).toBe('validated');

    await page.getByRole('button', { name: '5 failed logins' }).click();
    await answered(page, '5 failed logins, and a visit', '401 × 5', '403');
    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => page.locator('#calls .entry').first().textContent()).toMatch(
      /signals?.*csnodecapi_AcmeShop\/v/,
    );
  });

  it('bans whoever fails to log in again and again, and tells CrowdSec of it in the next call', async () => {
    const { page } = await openPage();
    await page.getByRole('button', { name: '5 failed logins' }).click();
    await answered(page, '5 failed logins, and a visit', '401 × 5', '403');
    await eventually(() => page.locator('#bans .entry').allTextContents()).toEqual([
      expect.stringMatching(/^192\.0\.2\.1Liftdemo\/login-bruteforce · ends in (3:59:\d\d|4:00:00)$/),
    ]);
    await noticed(page, /ban for 4hdecision signaldemo\/login-bruteforce.*192\.0\.2\.1 · demo\.login-bruteforce/);
    await eventually(() => extension(page, 'demo.login-bruteforce')).toMatch(
      /active.*failures: 5 events · 1 acted on.*$/,
    );

    // The five failures are one whisper; the decision is a signal of its own.
    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => page.locator('#calls .entry').first().textContent()).toMatch(
      /200POST\/v3\/signals2 signals1 decision\d/,
    );
  });

  it('whispers about a 404 scan, and bans for a long one', async () => {
    const { page } = await openPage();
    await page.getByRole('button', { name: '404 scan', exact: true }).click();
    await answered(page, '404 scan', '404 × 8');
    await noticed(page, /^whisperdemo\/http-404.*192\.0\.2\.1 · demo\.http-404/);
    expect(await page.locator('#bans .entry').count()).toBe(0);

    await page.getByRole('button', { name: 'Long 404 scan' }).click();
    await eventually(() => page.locator('#bans .entry strong').allTextContents()).toEqual(['192.0.2.2']);
    await noticed(page, /^ban for 4hdecision signaldemo\/http-404.*192\.0\.2\.2 · demo\.http-404/);
    await eventually(() => page.locator('#answers .entry').first().locator('.badge').allTextContents()).toEqual([
      '404',
      '403',
    ]);

    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => page.locator('#calls .entry').first().textContent()).toMatch(/signals3 signals1 decision\d/);
  });

  it('refuses the very probe for /.env, and lets its visitor in again when the ban is lifted', async () => {
    const { page, demo } = await openPage();
    await page.getByRole('button', { name: 'Probe for /.env' }).click();
    await answered(page, 'Probe for /.env', '403');
    await noticed(page, /^ban for 4hdecision signaldemo\/sensitive-files.*192\.0\.2\.1 · demo\.sensitive-files/);
    await demo.as('192.0.2.1').get('/api/whoami').expect(403);

    await page.getByRole('button', { name: 'Lift the ban of 192.0.2.1' }).click();
    await eventually(() => page.locator('#lift-answer').textContent()).toBe('192.0.2.1 is let in again.');
    await eventually(() => page.locator('#bans').textContent()).toContain('Nobody is banned by this site itself.');
    await demo.as('192.0.2.1').get('/api/whoami').expect(200);
    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => page.locator('#calls .entry').first().textContent()).toMatch(/signals1 signal1 decision\d/);
  });

  it('shows an extension that throws switched off, and everything else going on', async () => {
    const { page } = await openPage();
    await eventually(() => page.locator('#extensions .badge').allTextContents()).toEqual(Array(7).fill('active'));
    await page.getByRole('button', { name: 'Make demo.fragile throw' }).click();
    await answered(page, '5 logins as 100%', '401 × 5');
    await eventually(() => extension(page, 'demo.fragile')).toMatch(
      /off.*each-failure: URI malformed · comes back in (0:5\d|1:00)/,
    );
    expect(await page.locator('#extensions .badge').allTextContents()).toEqual([
      'off',
      ...Array<string>(6).fill('active'),
    ]);
    expect(await page.locator('#problems').textContent()).toContain('demo.fragile is switched off');

    await page.getByRole('button', { name: '5 failed logins' }).click();
    await answered(page, '5 failed logins, and a visit', '401 × 5', '403');
    await noticed(page, /^ban for 4hdecision signaldemo\/login-bruteforce/);
  });

  it('obeys no other page: neither its forms and scripts, nor one behind a name that leads here', async () => {
    const demo = await startDemo();
    await demo.as('192.0.2.9').get('/.env').expect(403);
    const { userAgent } = await demo.state();
    const { port } = new URL(demo.url);
    const elsewhere = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end(`
        <form action="${demo.url}/api/agent" method="post" enctype="text/plain" target="into">
          <input name='{"suffix":"Mallory","x":"' value='"}'></form>
        <form action="${demo.url}/api/lift" method="post" target="into"><input name="value" value="192.0.2.9"></form>
        <form action="${demo.url}/api/flush" method="post" target="into"></form>
        <iframe name="into"></iframe>`);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void elsewhere.close());
    await once(elsewhere, 'listening');
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    const statuses: number[] = [];
    page.on('response', (response) => {
      if (response.url().startsWith(`${demo.url}/api/`)) statuses.push(response.status());
    });

    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
    for (const form of [0, 1, 2]) {
      await page.evaluate(`document.forms[${form}].submit()`);
      await eventually(() => statuses.length).toBe(form + 1);
    }
    expect(
      await page.evaluate(
        `fetch('${demo.url}/api/flush', { method: 'POST', mode: 'no-cors' }).then(({ type }) => type)`,
      ),
    ).toBe('opaque');
    await eventually(() => statuses).toEqual([403, 403, 403, 403]);

    // As after DNS rebinding: the name leads to this machine, so that for the browser all is of one origin.
    const rebound = await launchBrowser(['--host-resolver-rules=MAP rebound.example 127.0.0.1']);
    onTestFinished(() => rebound.close());
    const reboundPage = await rebound.newPage();
    expect((await reboundPage.goto(`http://rebound.example:${port}/`))?.status()).toBe(403);
    const flush = `fetch('/api/flush', { method: 'POST' }).then(({ status }) => status)`;
    expect(await reboundPage.evaluate(flush)).toBe(403);

    expect(await demo.state()).toMatchObject({ userAgent, bans: [{ value: '192.0.2.9' }], buffer: { size: 1 } });
  });

  it.each([375, 1024, 1600])('fits a screen %d pixels wide, with everything on it', async (width) => {
    const { page } = await openPage();
    await page.setViewportSize({ width, height: 900 });
    for (const name of ['5 failed logins', 'Probe for /.env', 'Make demo.fragile throw'])
      await page.getByRole('button', { name }).click();
    await eventually(() => page.locator('#bans .entry').count()).toBe(2);
    await eventually(() => extension(page, 'demo.fragile')).toContain('comes back');
    const tooWide = await page.evaluate<string[]>(`[...document.querySelectorAll('body, .card, .entry, .extensions li')]
      .filter((node) => node.scrollWidth > node.clientWidth + 1)
      .map((node) => node.textContent)`);
    expect(tooWide).toEqual([]);
  });
});

/** Opens the page of a fresh demo; the test fails if it logs an error or asks any other host. */
async function openPage(): Promise<{ page: Page; demo: RunningDemo }> {
  const demo = await startDemo();
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // Chromium logs every refusal that the page provokes on purpose.
    if (message.type() === 'error' && !/status of 40[0134]/.test(message.text())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') complaints.push(`asked ${request.url()}`);
  });
  onTestFinished(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(demo.url);
  await eventually(() => page.locator('#status').getAttribute('data-status')).toBe('ok');
  return { page, demo };
}

/** The last answers: a title, and each status with how often it came. */
async function answered(page: Page, title: string, ...statuses: readonly string[]): Promise<void> {
  const line = page.locator('#answers .entry').first().locator('.line');
  await eventually(() => line.locator('strong').textContent()).toBe(title);
  const expected = statuses.map((status) => status.replace(/ /g, '')).join('');
  expect((await line.textContent())?.replace(/ /g, '')).toMatch(
    new RegExp(`^${title.replace(/ /g, '')}${expected}\\d\\d:`),
  );
}

/** The last detection. */
async function noticed(page: Page, wanted: RegExp): Promise<void> {
  await eventually(() => page.locator('#detections .entry').first().textContent()).toMatch(wanted);
}

/** What the page says of an extension. */
async function extension(page: Page, name: string): Promise<string | null> {
  return page
    .locator('#extensions li')
    .filter({ has: page.getByText(name, { exact: true }) })
    .textContent();
}

/** A page takes a moment. */
function eventually<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 15_000 });
}
