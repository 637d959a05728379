import { mkdtemp, rm } from 'node:fs/promises';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { middlewareConformance, OFFLINE } from '@crowdsec-sdk/conformance';
import { createCrowdsec, type Crowdsec, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { EXTENSION_API_VERSION, type Extension } from '@crowdsec-sdk/core/extension';
import { error, redirect, type Handle } from '@sveltejs/kit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crowdsecHandle, type CrowdsecLocals } from './index.js';

const BANNED = '203.0.113.66';
const CLEAN = '203.0.113.7';

middlewareConformance(crowdsecHandle);

/** What adapter-node's server does with it, the conformance suite says in apps/demo-sveltekit. */
describe('the hook of SvelteKit', () => {
  it('starts no agent and lets everybody pass where it is not enabled', async () => {
    const handle = crowdsecHandle({ ...OFFLINE, trustedProxies: 1, onUnavailable: 'block' }, { enabled: false });
    expect((await run(handle, BANNED)).status).toBe(200);
    expect(handle.crowdsec.health().problems.map(({ code }) => code)).toContain('NOT_STARTED');
    const given = createCrowdsec(OFFLINE);
    expect(crowdsecHandle(given, { enabled: false }).crowdsec).toBe(given);
    expect(() => crowdsecHandle({ ...OFFLINE, trustedProxies: -1 }, { enabled: false })).toThrow();
  });

  it('keeps each hook that is not enabled to its own agent', () => {
    const [one, other] = [createCrowdsec(OFFLINE), createCrowdsec(OFFLINE)];
    const first = crowdsecHandle(one, { enabled: false });
    crowdsecHandle(other, { enabled: false });
    expect(first.crowdsec).toBe(one);
  });

  it('has the first requests wait until the agent has put to use what is stored', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sveltekit-'));
    onTestFinished(() => rm(stateDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
    const options: CrowdsecOptions = { ...OFFLINE, ephemeral: false, stateDir, trustedProxies: 1 };
    await (await agent(options)).stop();
    const handle = crowdsecHandle(options);
    expect((await run(handle, BANNED)).status).toBe(403);
    await handle.crowdsec.stop();
  });

  it('stops an agent of its own when the server of adapter-node has shut down', async () => {
    const handle = crowdsecHandle(OFFLINE);
    process.emit('sveltekit:shutdown' as 'disconnect');
    await expect(handle.crowdsec.start()).rejects.toThrow();
  });

  it('takes what a page asks the application for as part of the request for that page', async () => {
    const crowdsec = await agent({ trustedProxies: 1 });
    const handle = crowdsecHandle(crowdsec);
    expect((await run(handle, BANNED, { isSubRequest: true })).status).toBe(200);
    expect(crowdsec.bouncer.counts.total).toBe(0);
  });

  it('hands over no body for a client that went away: one that has failed would end the process', async () => {
    const handle = crowdsecHandle(await agent({ trustedProxies: 1 }));
    const socket = new Socket();
    const req = new IncomingMessage(socket);
    req.headers['x-forwarded-for'] = CLEAN;
    const failed = (): Response =>
      new Response(new ReadableStream({ start: (body) => body.error(new Error('aborted')) }));
    const answer = async (): Promise<Response> => {
      socket.destroy();
      return failed();
    };
    expect((await run(handle, CLEAN, { answer: async () => failed(), req })).body).not.toBeNull();
    const { status, body } = await run(handle, CLEAN, { answer, req });
    expect({ status, body }).toEqual({ status: 200, body: null });
  });

  it('tells detectors of the status that the application answers, also by throwing', async () => {
    const statuses: number[] = [];
    const listener: Extension = {
      name: 'test.listener',
      apiVersion: EXTENSION_API_VERSION,
      detectors: [
        {
          name: 'answers',
          on: ['response'],
          detect: (event) => void (event.kind === 'response' && statuses.push(event.status)),
        },
      ],
    };
    const handle = crowdsecHandle(await agent({ trustedProxies: 1, extensions: [listener] }));
    await run(handle, BANNED);
    await run(handle, CLEAN);
    for (const fail of [() => error(418, 'teapot'), () => redirect(303, '/'), () => Promise.reject(new Error('boom'))])
      await expect(run(handle, CLEAN, { answer: fail })).rejects.toBeDefined();
    await expect.poll(() => [...statuses].sort()).toEqual([200, 303, 403, 418, 500]);
  });
});

/** An agent that is started and holds a ban. */
async function agent(options: Partial<CrowdsecOptions>): Promise<Crowdsec> {
  const crowdsec = createCrowdsec({ ...OFFLINE, ...options });
  await crowdsec.start();
  onTestFinished(() => crowdsec.stop());
  crowdsec.decide({ ip: BANNED, scenario: 'acme/x', duration: '1h' });
  return crowdsec;
}

interface Given {
  readonly isSubRequest?: boolean;
  readonly answer?: () => Promise<Response> | never;
  /** Node's request, as adapter-node tells it. */
  readonly req?: IncomingMessage;
}

/** Runs the hook as SvelteKit does, without `req` as where there is no adapter-node: it knows no peer. */
function run(handle: Handle, ip: string, { isSubRequest = false, answer, req }: Given = {}): Promise<Response> {
  const request = new Request('http://shop.example/', { headers: { 'x-forwarded-for': ip } });
  const locals: CrowdsecLocals = {};
  const event = { request, url: new URL(request.url), locals, isSubRequest, platform: req && { req } } as never;
  return Promise.resolve(handle({ event, resolve: answer ?? (() => new Response(locals.crowdsec?.ip)) }));
}
