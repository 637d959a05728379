import { fileURLToPath } from 'node:url';
import {
  BANNED,
  processHost,
  sendSolution,
  solutionFor,
  solveCaptcha,
  visit,
  type RunningHost,
} from '@crowdsec-sdk/conformance';
import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { expect, it, onTestFinished } from 'vitest';
import { startRedis } from '../../../tools/redis-server.mjs';

const ANOTHER = '192.0.2.200';
const cwd = fileURLToPath(new URL('..', import.meta.url));
const host = processHost({ adapter: 'koa', peers: true, cwd, command: [process.execPath, 'dist/main.js'] });

it('is solved at one process of an installation on Redis, good at the others, and after a restart of all', async () => {
  const redis = await startRedis({ tcp: true });
  onTestFinished(() => redis.dispose());
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.stop());
  sandbox.decisions.set([{ value: BANNED }, { value: ANOTHER }]);
  const options: CrowdsecOptions = {
    apiUrl: sandbox.url,
    store: `redis://127.0.0.1:${redis.port}`,
    namespace: 'shop',
    trustedProxies: 'loopback',
    bouncingLevel: 'flex',
    captcha: { work: 10_000 },
  };
  const start = async (): Promise<RunningHost> => {
    const running = await host.start({ hostname: '127.0.0.1', crowdsec: options });
    onTestFinished(() => running.stop());
    await expect.poll(() => statusOf(running), { timeout: 30_000 }).toBe(401);
    return running;
  };
  const [one, other] = await Promise.all([start(), start()]);

  const { cookies } = await solveCaptcha(one, BANNED, '/hello');
  const cookie = cookies[0]?.split(';')[0] ?? '';
  expect(await statusOf(one, cookie)).toBe(200);
  expect(await statusOf(other, cookie)).toBe(200);
  expect(await statusOf(other)).toBe(401);
  await visit(other, ANOTHER).set('cookie', cookie).expect(401);

  const solution = await solutionFor(one, ANOTHER, '/hello');
  expect(await sendSolution(other, ANOTHER, '/hello', solution)).toMatchObject({ kind: 'solved' });
  for (const each of [one, other, one])
    expect(await sendSolution(each, ANOTHER, '/hello', solution)).toMatchObject({ kind: 'refused', cookies: [] });

  await Promise.all([one.stop(), other.stop()]);
  const later = await start();
  expect(await statusOf(later, cookie)).toBe(200);
  expect(await sendSolution(later, ANOTHER, '/hello', solution)).toMatchObject({ kind: 'refused' });
});

async function statusOf(running: RunningHost, cookie = ''): Promise<number> {
  return (await visit(running, BANNED).set('cookie', cookie)).status;
}
