import { solveChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { onTestFinished } from 'vitest';
import type { Crowdsec } from '../src/agent.js';
import type { BlockVerdict, Verdict } from '../src/bouncer/verdict.js';
import { createCrowdsec } from '../src/crowdsec.js';
import { silentLogger } from '../src/logger.js';
import type { CrowdsecOptions } from '../src/options.js';
import { manualTime } from '../src/testing/manual-time.js';

/** Clients that are to solve a captcha; the last two share a /64. */
export const CLIENT = '203.0.113.7';
export const OTHER = '203.0.113.8';
export const CLIENT_V6 = '2001:db8:1:2::1';
export const NEIGHBOUR_V6 = '2001:db8:1:2:ffff::2';
export const CAPTCHA_PATH = '/.well-known/crowdsec/captcha';
/** The least work there may be. */
export const LITTLE_WORK = 10_000;

export interface Visit {
  readonly ip?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An agent that asks clients for captchas, and the clients. */
export interface CaptchaTestEnvironment {
  readonly crowdsec: Crowdsec;
  readonly time: ReturnType<typeof manualTime>;
  readonly visit: (visit?: Visit) => Promise<Verdict>;
  /** As the wall's script speaks. */
  readonly ask: (question: string, visit?: Visit) => Promise<BlockVerdict>;
  readonly challenge: (visit?: Visit) => Promise<Challenge>;
  /** Solves a challenge and sends the solution. */
  readonly solve: (visit?: Visit) => Promise<BlockVerdict>;
  /** Solves, and returns the cookie as a browser sends it. */
  readonly pass: (visit?: Visit) => Promise<string>;
}

/** The agent is not started: it needs neither CAPI nor jobs, for what it decides itself holds at once. */
export function captchaTestEnvironment(options: Partial<CrowdsecOptions> = {}): CaptchaTestEnvironment {
  const time = manualTime();
  const crowdsec = createCrowdsec({
    apiUrl: 'http://127.0.0.1:9',
    ephemeral: true,
    logger: silentLogger,
    clock: time.clock,
    scheduler: time.scheduler,
    ...options,
    captcha:
      typeof options.captcha === 'object' || options.captcha === undefined
        ? { work: LITTLE_WORK, ...options.captcha }
        : options.captcha,
  });
  onTestFinished(() => crowdsec.stop());
  for (const ip of [CLIENT, OTHER, CLIENT_V6, NEIGHBOUR_V6]) {
    crowdsec.decide({ ip, type: 'captcha', scenario: 'acme/x', duration: '900h' });
  }
  const visit = async ({ ip = CLIENT, method = 'GET', path = '/shop', headers = {} }: Visit = {}): Promise<Verdict> => {
    const verdict = crowdsec.bouncer.inspect({ remoteAddress: ip, method, path, headers });
    return (await verdict.settled) ?? verdict;
  };
  const ask = async (question: string, asked: Visit = {}): Promise<BlockVerdict> => {
    const method = question === 'challenge' ? 'GET' : 'POST';
    const headers = { accept: 'application/json', ...asked.headers, 'x-crowdsec-captcha': question };
    const verdict = await visit({ method, ...asked, headers });
    if (verdict.action === 'pass') throw new Error('the application got what was meant for the captcha');
    return verdict;
  };
  const challenge = async (asked?: Visit): Promise<Challenge> => {
    const { response } = await ask('challenge', asked);
    return (JSON.parse(response.body) as { challenge: Challenge }).challenge;
  };
  const solve = async (asked?: Visit): Promise<BlockVerdict> =>
    ask(solutionOf(await solved(await challenge(asked))), asked);
  return {
    crowdsec,
    time,
    visit,
    ask,
    challenge,
    solve,
    async pass(asked) {
      const { response } = await solve(asked);
      return String(response.headers['set-cookie']).split(';')[0] ?? '';
    },
  };
}

/** What solves a challenge, as the wall's script sends it. */
export async function solved(challenge: Challenge): Promise<Record<string, unknown>> {
  return { challenge, solution: await solveChallenge({ challenge, deriveKey }) };
}

/** The question that sends this as a solution. */
export function solutionOf(sent: unknown): string {
  return `solution ${Buffer.from(typeof sent === 'string' ? sent : JSON.stringify(sent)).toString('base64url')}`;
}

/** What an answer says of itself. */
export function saidBy({ response }: BlockVerdict): Record<string, unknown> {
  const body = JSON.parse(response.body) as Record<string, unknown>;
  return { status: response.status, kind: response.headers['x-crowdsec-captcha'], ...body };
}
