import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Host, RunningHost } from '../host.js';
import { HOUR_MS, movableClock } from '../movable-clock.js';
import { DEADLINE_MS } from '../suite.js';
import { BANNED, createTestEnvironment, type TestEnvironment } from '../test-environment.js';
import { launchBrowser } from './launch.js';

const OTHER_VISITOR = '192.0.2.200';
const HEADER = 'x-crowdsec-captcha';
/** The shortest that a pass may last, for hosts that are other processes: those whose clock can't be moved are waited for. */
const MIN_PASS_MS = 60_000;
const LONG_TIMEOUT_MS = 20_000;

/** Declares what a visitor with a browser sees of the captcha, in the application of the conformance suite. */
export function captchaInBrowser(host: Host): void {
  describe(`the captcha in a browser: ${host.adapter}`, { timeout: DEADLINE_MS }, () => {
    let environment: TestEnvironment;
    let browser: Browser;
    beforeAll(async () => {
      [environment, browser] = await Promise.all([createTestEnvironment(host), launchBrowser()]);
    }, DEADLINE_MS);
    afterAll(async () => {
      await browser.close();
      await environment.stop();
    }, DEADLINE_MS);

    it('lets a visitor through who solves, without more work next time, and asks others and later again', async () => {
      const time = movableClock();
      const running = await environment.freshHost(
        {
          bouncingLevel: 'flex',
          ...(host.functions ? { clock: time.clock } : { captcha: { passMs: MIN_PASS_MS } }),
        },
        { movableClock: !host.functions },
      );
      onTestFinished(() => running.stop());
      const { page, context, questions, complaints } = await visitor(browser, running);
      const url = '/hello?from=a%20link';

      expect((await page.goto(url))?.status()).toBe(401);
      await expect.poll(() => page.textContent('body'), { timeout: LONG_TIMEOUT_MS }).toBe('hello');
      expect(page.url()).toMatch(/\/hello\?from=a%20link$/);
      expect(questions.splice(0)).toEqual(['challenge', 'solution']);
      const [cookie] = await context.cookies();
      expect(cookie).toMatchObject({
        name: 'crowdsec-captcha',
        httpOnly: true,
        sameSite: 'Lax',
        secure: false,
        path: '/',
      });

      expect((await page.goto('/hello'))?.status()).toBe(200);
      expect((await page.goto('/whoami'))?.status()).toBe(200);
      expect(questions).toEqual([]);

      await context.setExtraHTTPHeaders({ 'x-forwarded-for': OTHER_VISITOR });
      expect((await page.request.get('/hello', asVisitor(OTHER_VISITOR))).status()).toBe(401);
      await context.setExtraHTTPHeaders({ 'x-forwarded-for': BANNED });
      expect((await page.request.get('/hello', asVisitor(BANNED))).status()).toBe(200);

      // The cookie is sent by hand, for the browser's own clock does not follow.
      const withCookie = { headers: { 'x-forwarded-for': BANNED, cookie: `${cookie?.name}=${cookie?.value}` } };
      const statusWithCookie = async (): Promise<number> => (await page.request.get('/hello', withCookie)).status();
      expect(await statusWithCookie()).toBe(200);
      const advance = host.functions ? () => time.advance(HOUR_MS) : running.advanceClock;
      advance?.();
      const timeout = LONG_TIMEOUT_MS + (advance === undefined ? MIN_PASS_MS : 0);
      await expect.poll(statusWithCookie, { timeout, interval: 200 }).toBe(401);
      expect(complaints).toEqual([]);
    });
  });
}

interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the wall's script asked the agent for. */
  readonly questions: string[];
  /** Errors of the page, and hosts that it asked besides this one. */
  readonly complaints: readonly string[];
}

/** Somebody banned, who comes by a proxy on this machine. */
async function visitor(browser: Browser, { port }: RunningHost): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: `http://127.0.0.1:${port}`,
    extraHTTPHeaders: asVisitor(BANNED).headers,
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const questions: string[] = [];
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // Chromium logs the answer with the wall, and a missing icon.
    if (message.type() === 'error' && !/status of 40[14]/.test(message.text())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') complaints.push(`asked ${request.url()}`);
    const asked = request.headers()[HEADER];
    if (asked !== undefined) questions.push(asked.split(' ')[0] ?? '');
  });
  return { page, context, questions, complaints };
}

function asVisitor(ip: string): { readonly headers: Record<string, string> } {
  return { headers: { 'x-forwarded-for': ip } };
}
