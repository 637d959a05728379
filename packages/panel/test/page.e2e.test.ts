import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launchBrowser } from '@crowdsec-sdk/conformance/browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HOSTS, type Host, type StartHost } from './hosts.js';

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
    await expect.poll(() => page.locator('#status-text').textContent(), { timeout: 10_000 }).toBe('everything works');
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
    await expect.poll(() => plot.getAttribute('aria-label'), { timeout: 10_000 }).toMatch(/20 blocked/);
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
    if (process.env.PANEL_SCREENSHOT !== undefined) {
      await page.screenshot({ path: `${process.env.PANEL_SCREENSHOT}-${colorScheme}-${width}.png`, fullPage: true });
    }
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
  });
});

function judge({ crowdsec }: Host, remoteAddress: string): void {
  crowdsec.bouncer.inspect({ remoteAddress, method: 'GET', path: '/', headers: {} });
}

async function open(
  start: StartHost,
  options?: Parameters<StartHost>[0],
  { colorScheme = 'light', width = 1280 }: { readonly colorScheme?: 'light' | 'dark'; readonly width?: number } = {},
): Promise<{ page: Page; host: Host; troubles: string[] }> {
  const host = await start(options);
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
  await page.goto(host.url);
  return { page, host, troubles };
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
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}
