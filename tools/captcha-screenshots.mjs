/**
 * npm run docs:captcha
 *
 * Makes the pictures of docs/captcha.md by the wall of the built core (`npm run build`) and Chromium: docs/images/captcha-*.png.
 */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createCrowdsec, silentLogger } from '@crowdsec-sdk/core';
import { nodeFacts, nodeHeaders } from '@crowdsec-sdk/core/adapter';
import { chromium } from 'playwright-core';
import { portOf } from './port-of.mjs';

const IMAGES = fileURLToPath(new URL('../docs/images', import.meta.url));

/** @type {readonly (readonly [string, import('playwright-core').BrowserContextOptions])[]} */
const PICTURES = [
  ['light', { colorScheme: 'light', viewport: { width: 800, height: 420 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 800, height: 420 } }],
  ['phone', { colorScheme: 'light', viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true }],
];

// Enough work that the wall still stands when its picture is taken.
const captcha = { work: 10_000_000 };
const crowdsec = createCrowdsec({ apiUrl: 'http://127.0.0.1:9', ephemeral: true, logger: silentLogger, captcha });
crowdsec.decide({ ip: '127.0.0.1', type: 'captcha', scenario: 'docs/picture' });
const server = createServer((request, response) => {
  const verdict = crowdsec.bouncer.inspect(nodeFacts(request));
  void Promise.resolve(verdict.settled ?? verdict).then((settled) => {
    if (settled.action === 'pass') return response.end();
    return response.writeHead(settled.response.status, nodeHeaders(settled.response)).end(settled.response.body);
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
mkdirSync(IMAGES, { recursive: true });
for (const [name, options] of PICTURES) {
  const context = await browser.newContext({ ...options, locale: 'en' });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${portOf(server)}/`);
  // A twentieth of the bar: the page's policy lets nothing be evaluated that waits inside it.
  while ((await page.evaluate('document.getElementById("bar").position')) < 0.05) await page.waitForTimeout(50);
  await page.screenshot({ path: join(IMAGES, `captcha-${name}.png`) });
  await context.close();
}
await browser.close();
server.closeAllConnections();
server.close();
await crowdsec.stop();
