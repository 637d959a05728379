import { expect, it } from 'vitest';
import type { Subject } from '../suite.js';
import { visit, whoami } from '../visit.js';
import { BANNED, CLEAN } from '../test-environment.js';

/** What the options say is what happens. */
export function policyCases({ host, environment }: Subject): void {
  it('only logs in log mode', async () => {
    const running = await environment().host({ mode: 'log' });
    await visit(running, BANNED).expect(200);
    expect(await whoami(running, { 'x-forwarded-for': BANNED })).toMatchObject({
      ip: BANNED,
      remediation: 'ban',
      origin: 'CAPI',
    });
  });

  it('does before anything was loaded what it is told to', async () => {
    const nothing = { held: 'nothing' } as const;
    const passing = await environment().host({}, nothing);
    await visit(passing, BANNED).expect(200);
    expect(await whoami(passing, { 'x-forwarded-for': CLEAN })).toEqual({
      ip: CLEAN,
      remediation: 'bypass',
      origin: 'unavailable',
    });
    await visit(await environment().host({ onUnavailable: 'block' }, nothing), CLEAN).expect(403);
  });

  it('skips the paths that it is told to', async () => {
    const running = await environment().host({ skip: ['/hello'] });
    await visit(running, BANNED, '/hello?with=query').expect(200);
    await visit(running, BANNED, '/whoami').expect(403);
  });

  if (!host.functions) return;

  it('waits for a remedy that takes its time', async () => {
    const page = { status: 429, headers: { 'content-type': 'text/plain', 'retry-after': '1' }, body: 'slowly' };
    const running = await environment().freshHost({ remedies: { ban: () => Promise.resolve(page) } });
    const answer = await visit(running, BANNED).expect(429);
    expect(answer.text).toBe('slowly');
    expect(answer.headers['retry-after']).toBe('1');
    await running.stop();
  });

  it('lets a remedy pass a client, and survives one that fails', async () => {
    const pass = await environment().freshHost({ remedies: { ban: () => Promise.resolve('pass' as const) } });
    await visit(pass, BANNED).expect(200);
    await pass.stop();
    const failing = await environment().freshHost({ remedies: { ban: () => Promise.reject(new Error('broken')) } });
    await visit(failing, BANNED).expect(200);
    await failing.stop();
  });
}
