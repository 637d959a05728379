import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { launchBrowser } from '@crowdsec-sdk/conformance/browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startDemo, type RunningDemo } from './running-demo.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
beforeAll(async () => {
  // A name leads to this machine, as after DNS rebinding.
  browser = await launchBrowser(['--host-resolver-rules=MAP rebound.example 127.0.0.1']);
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
    const { identity } = await demo.panel();
    const suffix = page.getByLabel('Suffix');
    await suffix.fill('bad suffix!');
    await page.getByRole('button', { name: 'Rename' }).click();
    await eventually(() => page.locator('#suffix-error').textContent()).toContain('letters and digits');
    expect(await suffix.getAttribute('aria-invalid')).toBe('true');

    await suffix.fill('AcmeShop');
    await page.getByRole('button', { name: 'Rename' }).click();
    await eventually(() => page.locator('#user-agent').textContent()).toMatch(/^csnodecapi_AcmeShop\/v/);
    expect(await suffix.getAttribute('aria-invalid')).toBe('false');
    const panel = await openPanel(page);
    await eventually(() => panel.locator('#identity').textContent()).toMatch(
      new RegExp(`csnodecapi_AcmeShop/v.*${identity.machineId}.*validated`),
    );

    await page.getByRole('button', { name: '5 failed logins' }).click();
    await answered(page, '5 failed logins, and a visit', '401 × 5', '403');
    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => page.locator('#calls .entry').first().textContent()).toMatch(
      /signals?.*csnodecapi_AcmeShop\/v/,
    );
  });

  it('bans whoever fails to log in again and again, and tells CrowdSec of it in the next call', async () => {
    const { page } = await openPage();
    const panel = await openPanel(page);
    await page.getByRole('button', { name: '5 failed logins' }).click();
    await answered(page, '5 failed logins, and a visit', '401 × 5', '403');
    await eventually(() => panel.locator('#bans .entry').allTextContents()).toEqual([
      expect.stringMatching(/^192\.0\.2\.1Liftban by demo\/login-bruteforce, ends in (3 h 59|4 h 0) min /),
    ]);
    await noticed(
      panel,
      /^192\.0\.2\.1.*demo\/login-bruteforce, by demo\.login-bruteforce .*ban for 4h, decision signal$/,
    );
    await eventually(() => extension(panel, 'demo.login-bruteforce')).toMatch(/active.*failures: 5 events, 1 acted on/);

    // The five failures are one whisper; the decision is a signal of its own.
    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => page.locator('#calls .entry').first().textContent()).toMatch(
      /200POST\/v3\/signals2 signals1 decision\d/,
    );
  });

  it('whispers about a 404 scan, and bans for a long one', async () => {
    const { page } = await openPage();
    const panel = await openPanel(page);
    await page.getByRole('button', { name: '404 scan', exact: true }).click();
    await answered(page, '404 scan', '404 × 8');
    await noticed(panel, /^192\.0\.2\.1.*demo\/http-404, by demo\.http-404 .*whisper$/);
    expect(await panel.locator('#bans .entry').count()).toBe(0);

    await page.getByRole('button', { name: 'Long 404 scan' }).click();
    await eventually(() => panel.locator('#bans .entry strong').allTextContents()).toEqual(['192.0.2.2']);
    await noticed(panel, /^192\.0\.2\.2.*demo\/http-404, .*ban for 4h, decision signal$/);
    await eventually(() => page.locator('#answers .entry').first().locator('.badge').allTextContents()).toEqual([
      '404',
      '403',
    ]);

    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => page.locator('#calls .entry').first().textContent()).toMatch(/signals3 signals1 decision\d/);
  });

  it('refuses the very probe for /.env, and lets its visitor in again when the ban is lifted in the panel', async () => {
    const { page, demo } = await openPage();
    const panel = await openPanel(page);
    await page.getByRole('button', { name: 'Probe for /.env' }).click();
    await answered(page, 'Probe for /.env', '403');
    await noticed(panel, /^192\.0\.2\.1.*demo\/sensitive-files, .*ban for 4h, decision signal$/);
    await demo.as('192.0.2.1').get('/api/whoami').expect(403);

    await panel.getByRole('button', { name: 'Lift the ban of 192.0.2.1' }).click();
    await eventually(() => panel.locator('#decide-answer').textContent()).toBe('192.0.2.1 is let in again.');
    await eventually(() => panel.locator('#bans').textContent()).toContain('decided about nobody');
    await demo.as('192.0.2.1').get('/api/whoami').expect(200);
    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => page.locator('#calls .entry').first().textContent()).toMatch(/signals1 signal1 decision\d/);
  });

  it('makes an extension throw, which the panel shows switched off, and everything else going on', async () => {
    const { page } = await openPage();
    const panel = await openPanel(page);
    await eventually(() => panel.locator('#extensions .badge').allTextContents()).toEqual(Array(7).fill('active'));
    await page.getByRole('button', { name: 'Make demo.fragile throw' }).click();
    await answered(page, '5 logins as 100%', '401 × 5');
    await eventually(() => extension(panel, 'demo.fragile')).toMatch(
      /off.*each-failure: URI malformed; comes back in (\d+ s|1 min)/,
    );
    expect(await panel.locator('#extensions .badge').allTextContents()).toEqual([
      'off',
      ...Array<string>(6).fill('active'),
    ]);
    expect(await panel.locator('#problems').textContent()).toContain('demo.fragile is switched off');
    await eventually(() => page.locator('#status-text').textContent()).toBe('agent is degraded');

    await page.getByRole('button', { name: '5 failed logins' }).click();
    await answered(page, '5 failed logins, and a visit', '401 × 5', '403');
    await noticed(panel, /demo\/login-bruteforce, .*ban for 4h, decision signal$/);
  });

  it('is followed by the panel over a restart of the agent', async () => {
    const { page } = await openPage();
    const panel = await openPanel(page);
    await page.getByLabel('Suffix').fill('AcmeShop');
    await page.getByRole('button', { name: 'Rename' }).click();
    await eventually(() => panel.locator('#identity').textContent()).toContain('csnodecapi_AcmeShop/v');
    await eventually(() => panel.locator('#status-text').textContent()).toBe('everything works');
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
        <form action="${demo.url}/crowdsec/lift" method="post" target="into"><input name="value" value="192.0.2.9"></form>
        <form action="${demo.url}/api/flush" method="post" target="into"></form>
        <iframe name="into"></iframe>`);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void elsewhere.close());
    await once(elsewhere, 'listening');
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    const statuses: number[] = [];
    page.on('response', (response) => {
      if (response.url().startsWith(demo.url)) statuses.push(response.status());
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

    // For the browser all is of one origin.
    const reboundPage = await browser.newPage();
    onTestFinished(() => reboundPage.close());
    expect((await reboundPage.goto(`http://rebound.example:${port}/`))?.status()).toBe(403);
    const flush = `fetch('/api/flush', { method: 'POST' }).then(({ status }) => status)`;
    expect(await reboundPage.evaluate(flush)).toBe(403);

    expect(await demo.state()).toMatchObject({ userAgent, bans: ['192.0.2.9'], buffer: { size: 1 } });
  });

  it('fits its boxes to what is in them, and the panel too, at each width and in both colour schemes', async () => {
    const { page } = await openPage();
    const panel = await openPanel(page);
    await expectTidyAtEachWidth('empty', page, panel);
    for (const name of ['5 failed logins', 'Probe for /.env', 'Make demo.fragile throw', 'Swarm of 40'])
      await page.getByRole('button', { name }).click();
    await eventually(() => panel.locator('#bans .entry').count()).toBe(2);
    await eventually(() => extension(panel, 'demo.fragile')).toContain('comes back');
    await expectTidyAtEachWidth('filled', page, panel);
  });

  it('is worked by the keyboard alone, and leads to the panel', async () => {
    const { page } = await openPage();
    const panel = page.waitForEvent('popup');
    await tabTo(page, 'Open the panel');
    await page.keyboard.press('Enter');
    await eventually(async () => (await panel).title()).toBe('CrowdSec agent');
    await tabTo(page, 'Clean visitor');
    await page.keyboard.press('Enter');
    await answered(page, 'Clean visitor', '200');
    await tabTo(page, 'Flush now');
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('#flush-answer').textContent()).toContain('Nothing was sent');
  });
});

async function tabTo(page: Page, text: string): Promise<void> {
  await eventually(async () => {
    await page.keyboard.press('Tab');
    return page.evaluate<string>('document.activeElement.textContent');
  }).toBe(text);
}

const LOOKS = [
  ['light', 375],
  ['light', 1024],
  ['dark', 1600],
] as const;

/** Looks at both pages as at a phone, at a laptop and at a wide screen in the dark. */
async function expectTidyAtEachWidth(state: string, play: Page, panel: Page): Promise<void> {
  const { DEMO_SCREENSHOT } = process.env;
  for (const [name, page] of Object.entries({ play, panel })) {
    for (const [colorScheme, width] of LOOKS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      expect(await problemsOf(page), `${name}, ${state}, ${colorScheme}, ${width} pixels wide`).toEqual(TIDY);
      if (DEMO_SCREENSHOT && state === 'filled')
        await page.screenshot({ path: `${DEMO_SCREENSHOT}-${name}-${width}.png`, fullPage: true });
    }
  }
}

const TIDY = { tooWide: [], tooHigh: [], serious: [] };

/** Nothing is wider than its box, no box is higher than what is in it, and axe finds nothing serious. */
async function problemsOf(page: Page): Promise<Record<keyof typeof TIDY, readonly string[]>> {
  const tooWide = await page.evaluate<string[]>(`[...document.querySelectorAll('body, .card, .entry')]
    .filter((node) => node.scrollWidth > node.clientWidth + 1)
    .map((node) => node.textContent)`);
  const tooHigh = await page.evaluate<string[]>(`[...document.querySelectorAll('.card:not([hidden])')]
    .filter((card) => {
      const ends = [...card.children].filter((child) => child.offsetHeight > 0).map((child) => child.getBoundingClientRect().bottom);
      return card.getBoundingClientRect().bottom - Math.max(...ends) > 32;
    })
    .map((card) => card.querySelector('h2').textContent)`);
  // By the debugger: the policy of the page lets no foreign script in.
  if (!(await page.evaluate<boolean>(`'axe' in globalThis`))) await page.evaluate(AXE);
  const serious = await page.evaluate<
    string[]
  >(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
  return { tooWide, tooHigh, serious };
}

/** Opens the page of a fresh demo; the test fails if it logs an error or asks any other host. */
async function openPage(): Promise<{ page: Page; demo: RunningDemo }> {
  const demo = await startDemo();
  const context = await browser.newContext();
  const complaints: string[] = [];
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  context.on('page', (page) => complain(page, complaints));
  const page = await context.newPage();
  await page.goto(demo.url);
  await eventually(() => page.locator('#status').getAttribute('data-status')).toBe('ok');
  return { page, demo };
}

/** Opens the panel of the same demo in another tab. */
async function openPanel(page: Page): Promise<Page> {
  const panel = await page.context().newPage();
  await panel.goto(new URL('/crowdsec/', page.url()).href);
  await eventually(() => panel.locator('#status-text').textContent()).toBe('everything works');
  return panel;
}

/** Notes errors of a page, and requests to other hosts. */
function complain(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const { type, text } = { type: message.type(), text: message.text() };
    // Chromium logs every refusal that the page provokes on purpose, and the end of a stream when the agent restarts.
    if (type === 'error' && !/status of 40[0134]|ERR_INCOMPLETE_CHUNKED_ENCODING/.test(text)) complaints.push(text);
  });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') complaints.push(`asked ${request.url()}`);
  });
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

/** The last detection that the panel shows. */
async function noticed(panel: Page, wanted: RegExp): Promise<void> {
  await eventually(() => panel.locator('#detections .entry').first().textContent()).toMatch(wanted);
}

/** What the panel says of an extension. */
async function extension(panel: Page, name: string): Promise<string | null> {
  return panel
    .locator('#extensions li')
    .filter({ has: panel.getByText(name, { exact: true }) })
    .textContent();
}

/** A page takes a moment. */
function eventually<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read);
}
