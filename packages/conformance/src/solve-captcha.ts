import { solveChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { RunningHost } from './host.js';
import { visit } from './visit.js';

/** By which the wall's script and the agent speak with each other. */
export const CAPTCHA_HEADER = 'x-crowdsec-captcha';

/** What became of a solution. */
export interface CaptchaAnswer {
  readonly status: number;
  readonly kind: string | undefined;
  readonly cookies: readonly string[];
}

type Headers = Readonly<Record<string, string>>;

/** Asks for a challenge at this URL, and answers it there. */
export async function solveCaptcha(
  running: Pick<RunningHost, 'port'>,
  ip: string,
  url: string,
  headers?: Headers,
): Promise<CaptchaAnswer> {
  return sendSolution(running, ip, url, await solutionFor(running, ip, url), headers);
}

/** A challenge and its solution, as the wall's script sends them. */
export async function solutionFor(running: Pick<RunningHost, 'port'>, ip: string, url: string): Promise<string> {
  const asked = await visit(running, ip, url)
    .set({ [CAPTCHA_HEADER]: 'challenge', accept: 'application/json' })
    .expect(200);
  const { challenge } = JSON.parse(asked.text) as { challenge: Challenge };
  const solution = await solveChallenge({ challenge, deriveKey });
  return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64url');
}

/** Sends a solution as the wall's script does. */
export async function sendSolution(
  running: Pick<RunningHost, 'port'>,
  ip: string,
  url: string,
  solution: string,
  headers: Headers = {},
): Promise<CaptchaAnswer> {
  const answer = await visit(running, ip, url, 'post').set({ ...headers, [CAPTCHA_HEADER]: `solution ${solution}` });
  const responseHeaders = answer.headers as Readonly<Record<string, unknown>>;
  return {
    status: answer.status,
    kind: responseHeaders[CAPTCHA_HEADER] as string | undefined,
    cookies: (responseHeaders['set-cookie'] ?? []) as readonly string[],
  };
}
