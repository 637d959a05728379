import type { AppsecOptions, CaptchaOptions } from '@crowdsec-sdk/core';
import type { AppsecAnswer, AppsecCall, SandboxAppsec } from '@crowdsec-sdk/sandbox';
import { APPSEC_KEY } from './appsec-key.js';
import type { TestEnvironment } from './test-environment.js';

interface AskingAppsec {
  readonly appsec: AppsecOptions;
  readonly captcha: CaptchaOptions;
}

/** Options that have the sandbox of this environment asked; the captchas that it demands are of little work. */
export function askingAppsec(environment: TestEnvironment, more: Partial<AppsecOptions> = {}): AskingAppsec {
  return {
    appsec: { url: appsecOf(environment).url, apiKey: APPSEC_KEY, timeoutMs: 20_000, ...more },
    captcha: { work: 10_000 },
  };
}

function appsecOf({ sandbox }: TestEnvironment): SandboxAppsec {
  if (sandbox.appsec === undefined) throw new Error('the sandbox of this environment has no AppSec');
  return sandbox.appsec;
}

/** Has AppSec answer so from now on, and tells what it is asked from now on. */
export function answering(
  environment: TestEnvironment,
  answer: AppsecAnswer | ((call: AppsecCall) => AppsecAnswer) = { action: 'allow' },
): () => readonly AppsecCall[] {
  const appsec = appsecOf(environment);
  appsec.answerWith(typeof answer === 'function' ? answer : () => answer);
  const before = appsec.calls.length;
  return () => appsec.calls.slice(before);
}

/** What AppSec was told of a request, by the short names of its headers: `Uri`, `Ip`, … */
export function appsecHeader({ headers }: AppsecCall, name: string): string | undefined {
  const value = headers[`x-crowdsec-appsec-${name.toLowerCase()}`];
  return typeof value === 'object' ? value.join(' AND ') : value;
}
