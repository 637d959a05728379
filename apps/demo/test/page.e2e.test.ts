import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startDemo, type RunningDemo } from './running-demo.js';

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
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
    await answered(page, 'Swarm of 40', '401');
    expect(await page.locator('#answers .entry').first().textContent()).toContain('× 40');
    await eventually(() => meter.getAttribute('aria-valuenow')).toBe('40');
    await eventually(() => page.locator('#countdown').textContent()).toMatch(/^\d+:\d\d$/);
    await page.getByRole('button', { name: '404 scan' }).click();
    await eventually(async () => Number(await meter.getAttribute('aria-valuenow'))).toBeGreaterThan(40);

    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => meter.getAttribute('aria-valuenow')).toBe('0');
    const call = page.locator('#calls .entry').first();
    await eventually(() => call.textContent()).toMatch(/200POST\/v3\/signals4\d signals/);
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
    await answered(page, '5 failed logins', '401');
    await page.getByRole('button', { name: 'Flush now' }).click();
    await eventually(() => page.locator('#calls .entry').first().textContent()).toMatch(/signals?.*csnodecapi_AcmeShop\/v/);
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

async function answered(page: Page, title: string, status: string): Promise<void> {
  const first = page.locator('#answers .entry').first();
  await eventually(() => first.locator('strong').textContent()).toBe(title);
  expect(await first.locator('.badge').textContent()).toBe(status);
}

/** A page takes a moment. */
function eventually<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 15_000 });
}
