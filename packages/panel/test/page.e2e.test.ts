import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launchBrowser } from '@crowdsec-sdk/conformance/browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HOSTS, startWithEngine, type Host, type StartHost } from './hosts.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WANTED = new Set(['Express', 'Fastify', 'Nest']);

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe.each(HOSTS.filter(([name]) => WANTED.has(name)))('The panel in a browser, on %s', (_, start) => {
  it('is closed without the yes of authorize', async () => {
    const { page } = await open(start, { authorize: () => false });
    expect(await page.locator('body').textContent()).toBe('Not found.\n');
  });

  it('explains, adds and lifts a ban, and its plot moves', async () => {
    const { page, host, troubles } = await open(start);
    await expect.poll(() => page.locator('#status-text').textContent()).toBe('everything works');
    await page.getByLabel('Address or range').fill('198.51.100.9');
    await page.getByRole('button', { name: 'Add' }).click();
    const lift = page.getByRole('button', { name: 'Lift the ban of 198.51.100.9' });
    await lift.waitFor();

    await page.getByLabel('IP address').fill('198.51.100.9');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('cell', { name: 'manual/panel' }).waitFor();

    const plot = page.getByRole('img', { name: /Plot of the last hour: .*passed/ });
    const before = await plot.getAttribute('aria-label');
    const pixels = await pixelsOf(page);
    for (let i = 0; i < 20; i++) judge(host, '198.51.100.9');
    await expect.poll(() => plot.getAttribute('aria-label')).toMatch(/20 blocked/);
    expect(before).not.toMatch(/20 blocked/);
    await expect.poll(() => pixelsOf(page)).not.toBe(pixels);

    await lift.click();
    await expect.poll(() => host.crowdsec.localDecisions()).toEqual([]);
    await expect.poll(() => page.locator('#bans').textContent()).toContain('decided about nobody');
    await page.getByLabel('Last day').check();
    await page
      .getByRole('img', { name: /Plot of the last day/ })
      .first()
      .waitFor();
    expect(troubles).toEqual([]);
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
  ] as const)('has no serious barrier: %s, %i pixels wide', async (colorScheme, width) => {
    const { page, host, troubles } = await open(start, { authorize: () => true }, { colorScheme, width });
    host.crowdsec.decide({ ip: '198.51.100.9', scenario: 'acme/x' });
    await page.getByRole('button', { name: 'Lift the ban of 198.51.100.9' }).waitFor();
    await page.getByLabel('IP address').fill('198.51.100.9');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('cell', { name: 'acme/x' }).waitFor();
    const found = await seriousOf(page);
    expect(found).toEqual([]);
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    expect(troubles).toEqual([]);
    expect(await emptyBoxesOf(page)).toEqual([]);
    await screenshot(page, `${colorScheme}-${width}`);
  });

  it('is worked by the keyboard alone', async () => {
    const { page, host } = await open(start);
    host.crowdsec.decide({ ip: '198.51.100.9', scenario: 'acme/x' });
    const lift = page.getByRole('button', { name: 'Lift the ban of 198.51.100.9' });
    await lift.waitFor();
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate<boolean>(`document.activeElement.ariaLabel === 'Lift the ban of 198.51.100.9'`)) break;
    }
    await page.keyboard.press('Enter');
    await expect.poll(() => host.crowdsec.localDecisions()).toEqual([]);
    await expect.poll(() => page.evaluate<string>('document.activeElement.id')).toBe('bans');

    await tabTo(page, 'explain-ip', 'Shift+Tab');
    await page.keyboard.type('203.0.113.7');
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: 'crowdsecurity/http-probing' }).waitFor();
    await tabTo(page, 'decide-value', 'Tab');
    await page.keyboard.type('198.51.100.0/24');
    await page.keyboard.press('Enter');
    await expect.poll(() => host.crowdsec.localDecisions()).toMatchObject([{ value: '198.51.100.0/24' }]);
  });
});

describe('The cards of the local API, AppSec and the captcha', () => {
  it('are there where these are on, and tell what they do', async () => {
    const engine = await startWithEngine();
    const { page, troubles } = await openAt(engine);
    await expect
      .poll(() => factsOf(page, 'lapi'))
      .toMatchObject({
        Address: engine.sandbox.lapi!.url,
        'This process': 'asks it',
        'Decisions held': '1',
        Machine: 'mach…shop, not logged in yet',
      });
    expect(await page.locator('#lapi-status').textContent()).toBe('answers');
    expect(await page.locator('#appsec-status').textContent()).toBe('not asked yet');

    judge(engine, '203.0.113.7');
    judge(engine, '198.51.100.1');
    await expect.poll(() => factsOf(page, 'appsec-outcomes')).toEqual({ allow: '1' });
    await expect.poll(() => factsOf(page, 'captcha')).toMatchObject({ Shown: '1', Solved: '0', Failed: '0' });
    engine.sandbox.appsec!.answerWith(() => ({ failure: 'reset' }));
    judge(engine, '198.51.100.1');
    await expect.poll(() => page.locator('#appsec-status').textContent()).toBe('failing');
    expect(await factsOf(page, 'appsec')).toMatchObject({ 'Last failure': expect.stringMatching(/^unreachable at /) });
    await page.getByText('What to do: Check that AppSec runs').waitFor();

    engine.crowdsec.report({ ip: '198.51.100.7', scenario: 'acme/x' });
    await engine.crowdsec.flushSignals();
    await expect
      .poll(() => factsOf(page, 'lapi'))
      .toMatchObject({ Machine: 'mach…shop, logged in', 'Alerts sent': '1' });
    engine.sandbox.lapi!.faults.add({ path: '/v1/decisions/stream', status: 500 });
    await engine.crowdsec.refreshDecisions().catch(() => undefined);
    await expect.poll(() => page.locator('#lapi-status').textContent()).toBe('failing');
    expect(troubles).toEqual([]);
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
  ] as const)('have no serious barrier: %s, %i pixels wide', async (colorScheme, width) => {
    const { page, troubles } = await openAt(await startWithEngine(), { colorScheme, width });
    await page.getByRole('heading', { name: 'Local API' }).waitFor();
    await page.getByRole('heading', { name: 'AppSec' }).waitFor();
    await page.getByRole('heading', { name: 'Captcha' }).waitFor();
    expect(await seriousOf(page)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(
      0,
    );
    expect(await emptyBoxesOf(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await screenshot(page, `engine-${colorScheme}-${width}`);
  });

  it('are absent where these are off', async () => {
    const { page } = await open(HOSTS[0]![1]);
    await page.getByRole('heading', { name: 'Captcha' }).waitFor();
    expect(await page.getByRole('heading', { name: 'Local API' }).count()).toBe(0);
    expect(await page.getByRole('heading', { name: 'AppSec' }).count()).toBe(0);
  });
});

async function tabTo(page: Page, id: string, key: 'Tab' | 'Shift+Tab'): Promise<void> {
  for (let i = 0; i < 30; i++) {
    if (await page.evaluate<boolean>(`document.activeElement.id === '${id}'`)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${id}`);
}

function judge({ crowdsec }: Host, remoteAddress: string): void {
  crowdsec.bouncer.inspect({ remoteAddress, method: 'GET', path: '/', headers: {} });
}

async function open(
  start: StartHost,
  options?: Parameters<StartHost>[0],
  { colorScheme = 'light', width = 1280 }: { readonly colorScheme?: 'light' | 'dark'; readonly width?: number } = {},
): Promise<{ page: Page; host: Host; troubles: string[] }> {
  const host = await start(options);
  return { host, ...(await openAt(host, { colorScheme, width })) };
}

async function openAt(
  host: Host,
  { colorScheme = 'light', width = 1280 }: { readonly colorScheme?: 'light' | 'dark'; readonly width?: number } = {},
): Promise<{ page: Page; troubles: string[] }> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
  await page.goto(host.url);
  return { page, troubles };
}

/** The facts of a card, by their terms. */
function factsOf(page: Page, id: string): Promise<Record<string, string>> {
  return page.evaluate<Record<string, string>>(
    `Object.fromEntries([...document.getElementById('${id}').children].map((row) => [...row.children].map((cell) => cell.textContent)))`,
  );
}

/** Titles of cards that are higher than what is in them. */
function emptyBoxesOf(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll('.card:not([hidden])')]
    .filter((card) => {
      const ends = [...card.children].filter((child) => child.offsetHeight > 0).map((child) => child.getBoundingClientRect().bottom);
      return card.getBoundingClientRect().bottom - Math.max(...ends) > 32;
    })
    .map((card) => card.querySelector('h2').textContent)`);
}

async function screenshot(page: Page, name: string): Promise<void> {
  const { PANEL_SCREENSHOT } = process.env;
  if (PANEL_SCREENSHOT) await page.screenshot({ path: `${PANEL_SCREENSHOT}-${name}.png`, fullPage: true });
}

/** What the first plot looks like. */
function pixelsOf(page: Page): Promise<string> {
  return page
    .locator('#plot-requests canvas')
    .evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
}

/** What axe finds that is serious. It comes in by the debugger: the policy of the page lets no foreign script in. */
async function seriousOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Axe };
    return (await axe.run({ resultTypes: ['violations'] })).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

interface Axe {
  /** `resultTypes` are those whose elements are all listed; of the others one is. */
  run(options: { readonly resultTypes: readonly string[] }): Promise<{ violations: Violation[] }>;
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}
