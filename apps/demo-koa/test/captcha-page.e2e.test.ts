import { createServer, type Server } from 'node:http';
import { BANNED, nodeHost, type RunningHost } from '@crowdsec-sdk/conformance';
import { launchBrowser } from '@crowdsec-sdk/conformance/browser';
import { silentLogger, turnstile, type CaptchaOptions } from '@crowdsec-sdk/core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../src/app.js';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const PATIENCE = { timeout: 20_000 };
const HEADER = 'x-crowdsec-captcha';
/** More than a browser does while a test looks at the page. */
const ENDLESS_WORK = 100_000_000;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe('the wall', () => {
  it('says with JavaScript off what it needs', async () => {
    const page = await open({}, { javaScriptEnabled: false });
    await page.goto('/hello');
    expect(await page.locator('noscript').textContent()).toContain('This check needs JavaScript');
    expect(await page.locator('noscript strong').isVisible()).toBe(true);
    expect(await page.getByRole('button').count()).toBe(0);
  });

  it('tells a screen reader what happens, in the language of its reader', async () => {
    const page = await open({ work: ENDLESS_WORK }, { locale: 'de-DE' });
    await page.goto('/hello');
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    expect(await page.title()).toBe('Einen Moment bitte');
    await expect.poll(() => page.getByRole('status').textContent(), PATIENCE).toBe('Ihr Browser wird geprüft …');
    expect(await page.getByRole('status').getAttribute('aria-live')).toBe('polite');
    expect(await page.getByRole('progressbar', { name: 'Ihr Browser wird geprüft …' }).isVisible()).toBe(true);
  });

  it('offers to try again by the keyboard when the agent was out of reach', async () => {
    const page = await open({ work: 10_000 });
    let reachable = false;
    await page.route('**', (route) =>
      !reachable && route.request().headers()[HEADER] !== undefined ? route.abort() : route.continue(),
    );
    await page.goto('/hello');
    const button = page.getByRole('button', { name: 'Try again' });
    await button.waitFor();
    expect(await page.getByRole('status').textContent()).toBe('That did not work.');
    expect(await page.evaluate('document.activeElement.id')).toBe('retry');
    reachable = true;
    await page.keyboard.press('Enter');
    await expect.poll(() => page.textContent('body'), PATIENCE).toBe('hello');
  });

  it('does not go round in circles where its cookie does not come back', async () => {
    const page = await open({ work: 10_000 });
    let solved = 0;
    page.on('request', (request) => {
      if (request.headers()[HEADER]?.startsWith('solution')) solved++;
    });
    await page.route('**', async (route) => {
      const { cookie: _, ...headers } = await route.request().allHeaders();
      await route.continue({ headers });
    });
    await page.context().addInitScript('Object.defineProperty(document, "cookie", { get: () => "" })');
    page.on('response', () => void page.context().clearCookies());
    await page.goto('/hello');
    const button = page.getByRole('button', { name: 'Try again' });
    await button.waitFor(PATIENCE);
    expect(await page.getByRole('status').textContent()).toContain('Please allow cookies');
    expect(solved).toBe(2);
  });

  it.each([
    ['light', 320],
    ['dark', 320],
    ['light', 1_280],
  ] as const)('fits a screen in %s colours, %d pixels wide', async (colorScheme, width) => {
    const page = await open({ work: ENDLESS_WORK }, { colorScheme, viewport: { width, height: 600 } });
    await page.goto('/hello');
    await page.getByRole('progressbar').waitFor();
    const [scrollWidth, background] = await page.evaluate<[number, string]>(
      `[document.documentElement.scrollWidth, getComputedStyle(document.documentElement).colorScheme]`,
    );
    expect(scrollWidth).toBeLessThanOrEqual(width);
    expect(background).toBe('light dark');
    const ink = await page.evaluate<string>(`getComputedStyle(document.querySelector('h1')).color`);
    expect(ink).toBe(colorScheme === 'dark' ? 'rgb(255, 255, 255)' : 'rgb(0, 0, 0)');
  });

  it('works at its endpoint, and leads back to the page that a program was refused', async () => {
    const page = await open({ work: 10_000 });
    await page.goto('/.well-known/crowdsec/captcha?return=%2Fwhoami');
    await page.waitForURL('**/whoami', PATIENCE);
    expect(await page.textContent('body')).toContain('"remediation":"captcha"');
  });

  it('works by scripts alone on a page that came by plain HTTP', async () => {
    const page = await open({ work: 50_000 }, {}, 'shop.example');
    await page.goto('/hello');
    expect(await page.evaluate('isSecureContext')).toBe(false);
    await expect.poll(() => page.textContent('body'), PATIENCE).toBe('hello');
  });
});

describe('the widget of a provider', () => {
  it('is shown, solves, and gives way to the proof of work when the provider is out of reach', async () => {
    let verified = 0;
    let isDown = false;
    const service = await serve((path) => {
      if (path !== '/verify') return { type: 'text/javascript', body: WIDGET };
      verified++;
      return isDown ? undefined : { type: 'application/json', body: '{"success":true}' };
    });
    const provider = turnstile({
      siteKey: 'k',
      secretKey: 's',
      verifyUrl: `${service}/verify`,
      scriptUrl: `${service}/api.js`,
    });
    const page = await open({ provider, work: 10_000 });
    await page.goto('/hello');
    await page.getByRole('button', { name: 'I am human' }).click(PATIENCE);
    await expect.poll(() => page.textContent('body'), PATIENCE).toBe('hello');
    expect(verified).toBe(1);

    isDown = true;
    await page.context().clearCookies();
    await page.goto('/hello');
    await page.getByRole('button', { name: 'I am human' }).click(PATIENCE);
    await expect.poll(() => page.textContent('body'), PATIENCE).toBe('hello');
    expect(verified).toBe(2);
  });
});

/** As far as the wall knows them, the scripts of the providers do the same. */
const WIDGET = `window.turnstile = { render(element, { callback }) {
  const button = document.createElement('button');
  button.textContent = 'I am human';
  button.onclick = () => callback('token');
  element.append(button);
} };
window[new URL(document.currentScript.src).searchParams.get('onload')]();`;

/** A page of somebody who is to solve a captcha of these options. */
async function open(captcha: CaptchaOptions, context: BrowserContextOptions = {}, name = '127.0.0.1'): Promise<Page> {
  const running = await runKoa(captcha);
  const place = name === '127.0.0.1' ? browser : await resolving(name);
  const opened = await place.newContext({
    ...context,
    baseURL: `http://${name}:${running.port}`,
    extraHTTPHeaders: { 'x-forwarded-for': BANNED },
  });
  onTestFinished(() => opened.close());
  return opened.newPage();
}

async function runKoa(captcha: CaptchaOptions): Promise<RunningHost> {
  const host = nodeHost('koa', (crowdsec) => {
    crowdsec.decide({ ip: BANNED, type: 'captcha', scenario: 'acme/x' });
    const answer = createApp(crowdsec).callback();
    return (request, response) => void answer(request, response);
  });
  const options = {
    apiUrl: 'http://127.0.0.1:9',
    ephemeral: true,
    logger: silentLogger,
    trustedProxies: 'loopback',
  } as const;
  const running = await host.start({ hostname: '127.0.0.1', crowdsec: { ...options, captcha } });
  onTestFinished(() => running.stop());
  return running;
}

/** A browser for which this name leads to this machine: what comes by it is no secure context. */
async function resolving(name: string): Promise<Browser> {
  const other = await launchBrowser([`--host-resolver-rules=MAP ${name} 127.0.0.1`]);
  onTestFinished(() => other.close());
  return other;
}

/** A service on this machine; what has no answer hangs up. */
async function serve(
  answer: (path: string) => { readonly type: string; readonly body: string } | undefined,
): Promise<string> {
  const server: Server = createServer((request, response) => {
    const found = answer(new URL(request.url ?? '/', 'http://x').pathname);
    if (found === undefined) response.destroy();
    else response.setHeader('content-type', found.type).end(found.body);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
