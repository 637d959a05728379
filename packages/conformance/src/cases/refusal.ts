import { expect, it } from 'vitest';
import type { Subject } from '../suite.js';
import { visit } from '../visit.js';
import { BANNED, BANNED_V6, CLEAN } from '../test-environment.js';

const ACCEPTS = [
  ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
  ['an API client', 'application/json', 'application/problem+json; charset=utf-8'],
  [
    'a client that prefers by q-value',
    'text/html;q=0.4, application/json;q=0.9',
    'application/problem+json; charset=utf-8',
  ],
  ['a client that wants text', 'text/plain', 'text/plain; charset=utf-8'],
  ['a client that does not care', '*/*', 'text/plain; charset=utf-8'],
] as const;

/** Who gets in, and what the others read. */
export function refusalCases({ environment }: Subject): void {
  it('lets a client in against whom nothing is held', async () => {
    const answer = await visit(await environment().host(), CLEAN).expect(200);
    expect(answer.text).toBe('hello');
    expect(answer.headers['x-app']).toBe('hello');
  });

  it('hands the verdict on to the application', async () => {
    const answer = await visit(await environment().host(), CLEAN, '/whoami').expect(200);
    expect(answer.body).toEqual({ ip: CLEAN, remediation: 'bypass', origin: 'clean' });
  });

  it('hands the verdict on to the application behind a second guard too', async () => {
    const answer = await visit(await environment().host(), CLEAN, '/guarded').expect(200);
    expect(answer.body).toEqual({ ip: CLEAN, remediation: 'bypass', origin: 'clean' });
  });

  it.each([BANNED, BANNED_V6, '192.0.2.200', `::ffff:${BANNED}`])('refuses a banned client: %s', async (visitor) => {
    const answer = await visit(await environment().host(), visitor).expect(403);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-app']).toBeUndefined();
  });

  it.each(ACCEPTS)('refuses in the format of %s', async (_, accept, type) => {
    const answer = await visit(await environment().host(), BANNED)
      .set('accept', accept)
      .expect(403);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.text).toContain('Access denied');
    expect(Number(answer.headers['content-length'] ?? Buffer.byteLength(answer.text))).toBe(
      Buffer.byteLength(answer.text),
    );
  });

  it('refuses under a policy that runs nothing', async () => {
    const answer = await visit(await environment().host(), BANNED)
      .set('accept', 'text/html')
      .expect(403);
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
  });

  it('refuses as the owner says', async () => {
    const ban = {
      status: 451,
      headers: { 'x-blocked': 'yes' },
      body: { contentType: 'application/json', content: '{"no":true}' },
    };
    const answer = await visit(await environment().host({ ban }), BANNED).expect(451);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'x-blocked': 'yes' });
    expect(answer.text).toBe('{"no":true}');
  });

  it('sends browsers where the owner says', async () => {
    const running = await environment().host({ ban: { redirect: 'https://status.example/blocked' } });
    await visit(running, BANNED)
      .set('accept', 'text/html')
      .expect(303)
      .expect('location', 'https://status.example/blocked');
  });
}
