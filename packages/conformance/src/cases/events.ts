import { once } from 'node:events';
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { DetectionEvent } from '@crowdsec-sdk/core/extension';
import { expect, it } from 'vitest';
import type { Subject } from '../suite.js';
import { visit } from '../visit.js';
import { BANNED, CLEAN, type ListenedHost } from '../test-environment.js';

/** One path is skipped: no case but one asks for it. */
const OPTIONS = { skip: ['/orders'] };

/** What detectors are told: each request that is judged once, and once how it was answered. */
export function eventCases({ environment }: Subject): void {
  it.each([
    ['a page', '/hello', 200],
    ['an unknown route', '/nothing-here', 404],
    ['an error of HTTP', '/teapot', 418],
    ['a handler that throws', '/boom', 500],
    ['a route that asks for the verdict', '/whoami', 200],
    ['a route behind a second guard, once', '/guarded', 200],
  ])('tells detectors of %s', async (_, path, status) => {
    const host = await environment().listenedHost(OPTIONS);
    await visit(host, CLEAN, `${path}?secret=1`).set('user-agent', 'curl/8').expect(status);
    const traits = { ip: CLEAN, method: 'GET', path, userAgent: 'curl/8', action: 'pass' };
    expect(await detectedEvents(host)).toMatchObject([
      { kind: 'request', ...traits },
      { kind: 'response', ...traits, status, durationMs: expect.any(Number) as number },
    ]);
  });

  it('tells detectors of a refusal', async () => {
    const host = await environment().listenedHost(OPTIONS);
    await visit(host, BANNED).expect(403);
    expect(await detectedEvents(host)).toMatchObject([
      { kind: 'request', ip: BANNED, action: 'block' },
      { kind: 'response', ip: BANNED, action: 'block', status: 403 },
    ]);
  });

  it('tells detectors of an answer whose end its client does not wait for', async () => {
    const host = await environment().listenedHost(OPTIONS);
    const streaming = ask(host, 'GET', '/stream');
    const [answer] = (await once(streaming.end(), 'response')) as [IncomingMessage];
    await once(answer, 'data');
    streaming.destroy();
    expect(summary(await detectedEvents(host))).toEqual([`request ${CLEAN}`, `response ${CLEAN} 200`]);
  });

  it('tells detectors of no answer where there was none when its client hung up', async () => {
    const host = await environment().listenedHost(OPTIONS);
    const waiting = ask(host, 'GET', '/never').end();
    await expect.poll(() => summary(host.events)).toContain(`request ${CLEAN}`);
    waiting.destroy();
    expect(summary(await detectedEvents(host))).toEqual([`request ${CLEAN}`]);
  });

  it('tells the requests of a connection from each other', async () => {
    const host = await environment().listenedHost(OPTIONS);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const [visitor, path] of [
      [CLEAN, '/hello'],
      [BANNED, '/hello'],
      ['198.51.100.9', '/teapot'],
    ] as const) {
      const [answer] = (await once(ask(host, 'GET', path, visitor, agent).end(), 'response')) as [IncomingMessage];
      await once(answer.resume(), 'end');
    }
    agent.destroy();
    expect(summary(await detectedEvents(host))).toEqual([
      `request ${CLEAN}`,
      `response ${CLEAN} 200`,
      `request ${BANNED}`,
      `response ${BANNED} 403`,
      'request 198.51.100.9',
      'response 198.51.100.9 418',
    ]);
  });

  it('tells detectors nothing of what is skipped', async () => {
    const host = await environment().listenedHost(OPTIONS);
    await visit(host, CLEAN, '/orders').expect(200);
    expect(await detectedEvents(host)).toEqual([]);
  });
}

const MARKER = '198.51.100.200';
/** Asks process hosts whether they are ready. */
const PEER = '127.0.0.1';

/** What detectors were told of visitors since the last time: all there is once they know of a visit that came after. */
async function detectedEvents(host: ListenedHost): Promise<readonly DetectionEvent[]> {
  await visit(host, MARKER, '/teapot').expect(418);
  const isOver = (): boolean => host.events.some(({ kind, ip }) => kind === 'response' && ip === MARKER);
  await expect.poll(isOver).toBe(true);
  return host.events.splice(0).filter(({ ip }) => ip !== MARKER && ip !== PEER);
}

function summary(events: readonly DetectionEvent[]): readonly string[] {
  return events.map((event) => `${event.kind} ${event.ip}${event.kind === 'response' ? ` ${event.status}` : ''}`);
}

function ask({ port }: ListenedHost, method: string, path: string, visitor = CLEAN, agent?: Agent): ClientRequest {
  const headers = { 'x-forwarded-for': visitor };
  const request = httpRequest({ port, host: '127.0.0.1', method, path, headers, ...(agent && { agent }) });
  return request.on('error', () => undefined);
}
