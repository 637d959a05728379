import type { AppsecOptions } from '@crowdsec-sdk/core';
import { it } from 'vitest';
import { answering, askingAppsec } from '../appsec-call.js';
import type { Subject } from '../suite.js';
import { CLEAN } from '../test-environment.js';
import { visit } from '../visit.js';

/**
 * What three hosts answer to failures of AppSec by their cause: what they were told nothing about passes. No two causes are answered alike by
 * all three.
 */
const POLICIES: readonly NonNullable<AppsecOptions['onFailure']>[] = [
  { timeout: 'block', tooLarge: 'block' },
  { unreachable: 'block', tooLarge: 'block', serverError: 'block' },
  { serverError: 'captcha' },
];

const LONG_TIMEOUT_MS = 20_000;

const ANSWERS = {
  pass: [200, /^hello$/],
  block: [403, /could not be checked/],
  captcha: [401, /Captcha required/],
} as const;

/** Nobody is refused because AppSec is away, unless the options say so; and nobody waits for it for long. */
export function appsecFailureCases({ environment }: Subject): void {
  it.each([
    ['hangs', 'timeout', { failure: 'hang' }],
    ['begins its answer and never ends it', 'timeout', { action: 'ban', failure: 'drip' }],
    ['closes the connection', 'unreachable', { failure: 'reset' }],
    ['closes the connection within its answer', 'unreachable', { action: 'ban', failure: 'cut' }],
    ['answers 500', 'serverError', { status: 500 }],
    ['answers a page in place of JSON', 'serverError', { raw: '<html>', status: 200 }],
    ['answers 403 without a word', 'serverError', { status: 403 }],
    ['answers half a JSON', 'serverError', { raw: '{"action":"ba', status: 403 }],
    ['answers more than any answer has', 'serverError', { raw: ' '.repeat(2_000_000), status: 200 }],
    ['is behind a proxy that can not reach it', 'unreachable', { raw: '<html>', status: 502 }],
    ['takes the call for too large', 'tooLarge', { status: 413 }],
  ] as const)('lets requests pass, or refuses them, when AppSec %s', async (_, cause, answer) => {
    answering(environment(), answer);
    // The time is over for those that hang alone, however busy the machine is. The first two tell that from all other causes.
    const [timeoutMs, policies] = cause === 'timeout' ? [200, POLICIES.slice(0, 2)] : [LONG_TIMEOUT_MS, POLICIES];
    for (const onFailure of policies) {
      const running = await environment().host(askingAppsec(environment(), { timeoutMs, onFailure }));
      const [status, text] = ANSWERS[onFailure[cause] ?? 'pass'];
      await visit(running, CLEAN).expect(status, text);
    }
  });

  it('lets requests pass, or refuses them, when AppSec is down, or does not know the key', async () => {
    answering(environment(), { action: 'ban' });
    for (const [cause, wrong] of [
      ['unreachable', { url: 'http://127.0.0.1:9/' }],
      ['unreachable', { url: 'unix:/nowhere/appsec.sock' }],
      ['unauthorized', { apiKey: 'nobody-knows-it' }],
    ] as const) {
      await visit(await environment().host(askingAppsec(environment(), wrong)), CLEAN).expect(200);
      const refusing = askingAppsec(environment(), { ...wrong, onFailure: { [cause]: 'block' } });
      await visit(await environment().host(refusing), CLEAN).expect(403);
    }
  });

  it('answers a failure by a captcha where it is told to, by a refusal where there is none', async () => {
    answering(environment(), { status: 500 });
    const asking = askingAppsec(environment(), { timeoutMs: LONG_TIMEOUT_MS, onFailure: { serverError: 'captcha' } });
    await visit(await environment().host(asking), CLEAN).expect(401, /Captcha required/);
    await visit(await environment().host({ ...asking, captcha: false }), CLEAN).expect(403, /denied/);
  });
}
