import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
import { silentLogger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import { manualTime } from '../testing/manual-time.js';
import { threadCpuTime } from '../thread-cpu-time.js';
import type { Detector } from './detector.js';
import type { ExtensionHealth } from './extension-health.js';

const VISITOR = '203.0.113.7';

/** An agent with one detector, and nobody to talk to. */
async function agentWith(detect: Detector['detect'], options: Partial<CrowdsecOptions> = {}): Promise<Crowdsec> {
  const detectors = [{ name: 'slow', on: ['app:hit'] as const, detect }];
  const crowdsec = createCrowdsec({
    apiUrl: 'http://127.0.0.1:9',
    ephemeral: true,
    logger: silentLogger,
    extensions: [{ name: 'acme.slow', apiVersion: 1, detectors }],
    ...options,
  });
  onTestFinished(() => crowdsec.stop({ deadlineMs: 0 }));
  await crowdsec.start();
  return crowdsec;
}

async function hit(crowdsec: Crowdsec, times: number): Promise<ExtensionHealth> {
  for (let i = 0; i < times; i++) {
    crowdsec.observe('app:hit', { ip: VISITOR });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return crowdsec.health().extensions[0]!;
}

function useCpu(ms: number): void {
  for (const from = threadCpuTime(); threadCpuTime() - from < ms;);
}

/** Interrupts this process for 100 ms again and again until the test is over, as a machine does that runs others. */
function interruptOften(): void {
  const script = `
    let isOver = false;
    process.stdin.on('end', () => (isOver = true)).resume();
    setInterval(() => {
      if (isOver) process.exit();
      process.kill(${process.pid}, 'SIGSTOP');
      setTimeout(() => process.kill(${process.pid}, 'SIGCONT'), 100);
    }, 300);`;
  const child = spawn(process.execPath, ['-e', script]);
  onTestFinished(async () => {
    child.stdin.end();
    await once(child, 'exit');
  });
}

describe('a detector that holds the event loop', () => {
  it('by its work is switched off, however busy the machine is', async () => {
    const crowdsec = await agentWith(() => void useCpu(80));
    expect(await hit(crowdsec, 5)).toMatchObject({
      state: 'off',
      reason: expect.stringMatching(/^detector slow: held the event loop for (?:[6-9]\d|\d{3,}) ms$/) as string,
    });
  });

  it('only because its process is interrupted is left alone', async () => {
    let slow = 0;
    const crowdsec = await agentWith(() => {
      const from = performance.now();
      useCpu(2);
      if (performance.now() - from > 60) slow++;
    });
    interruptOften();
    while (slow < 8) await hit(crowdsec, 20);
    // Five failures switch it off. On a busy machine three in a row may come to one.
    expect(crowdsec.health().extensions).toMatchObject([{ state: 'active' }]);
  });

  it('before requests go on is found although only some of its showings are measured while it is quick', async () => {
    const { clock, scheduler } = manualTime();
    let usedMs = 0;
    let holdMs = 0;
    const slow = { now: () => clock.now(), monotonic: () => clock.monotonic() + usedMs, cpu: () => usedMs };
    const detect = (): undefined => void (usedMs += holdMs);
    const detectors = [{ name: 'slow', on: ['request'] as const, blocking: true, detect }];
    const extensions = [{ name: 'acme.slow', apiVersion: 1 as const, detectors }];
    const crowdsec = await agentWith(() => undefined, { clock: slow, scheduler, extensions });
    const show = (times: number): ExtensionHealth => {
      for (let i = 0; i < times; i++)
        crowdsec.bouncer.inspect({ remoteAddress: VISITOR, method: 'GET', path: '/', headers: {} });
      return crowdsec.health().extensions[0]!;
    };
    expect(show(1_000)).toMatchObject({ state: 'active', failures: 0 });
    holdMs = 80;
    // One of eight is measured, and after the first that took too long each is.
    expect(show(8)).toMatchObject({ state: 'active', failures: expect.any(Number) as number });
    expect(crowdsec.health().extensions[0]!.failures).toBeGreaterThan(0);
    expect(show(4)).toMatchObject({ state: 'off' });
  });

  it('without using the CPU, as for a synchronous read, is switched off when it does so each time', async () => {
    const { clock, scheduler } = manualTime();
    let waitedMs = 0;
    const slow = { now: () => clock.now(), monotonic: () => clock.monotonic() + waitedMs, cpu: () => 1 };
    const waits = await agentWith(() => void (waitedMs += 70), { clock: slow, scheduler });
    expect(await hit(waits, 6)).toMatchObject({ state: 'active', failures: 4 });
    expect(await hit(waits, 1)).toMatchObject({ state: 'off' });
    let events = 0;
    const isInterrupted = await agentWith(() => void (waitedMs += events++ % 3 < 2 ? 70 : 0), {
      clock: slow,
      scheduler,
    });
    expect(await hit(isInterrupted, 60)).toMatchObject({ state: 'active', failures: 0 });
  });
});
