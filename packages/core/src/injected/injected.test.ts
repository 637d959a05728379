import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Crowdsec } from '../agent.js';
import type { Clock } from '../clock.js';
import { createCrowdsec } from '../crowdsec.js';
import type { Logger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import type { Scheduler } from '../scheduler.js';
import { manualTime } from '../testing/manual-time.js';
import { ContainedClock } from './contained-clock.js';
import { ContainedScheduler } from './contained-scheduler.js';
import { Faults } from './faults.js';

const IP = '203.0.113.7';
const SCENARIO = 'acme/probe';

let sandbox: Sandbox;
let crowdsec: Crowdsec | undefined;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  await crowdsec?.stop({ deadlineMs: 500 });
  crowdsec = undefined;
  await sandbox.stop();
  vi.restoreAllMocks();
});

/** An agent that has pulled, with parts that the application gave, and the lines that it logged. */
async function started(given: Partial<CrowdsecOptions>): Promise<{ agent: Crowdsec; lines: string[] }> {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const agent = createCrowdsec({
    apiUrl: sandbox.url,
    scenarios: [SCENARIO],
    ephemeral: true,
    logger: { debug: note, info: note, warn: note, error: note },
    ...given,
  });
  crowdsec = agent;
  await agent.start();
  await vi.waitUntil(() => sandbox.calls.some(({ path }) => path.endsWith('/decisions/stream')), { timeout: 20_000 });
  return { agent, lines };
}

const facts = { remoteAddress: IP, method: 'GET', path: '/', headers: {} };

/** What an application does all day; none of it may throw. */
async function useDaily(agent: Crowdsec): Promise<void> {
  expect(agent.decide({ ip: IP, type: 'ban', duration: '4h', scenario: SCENARIO }).value).toBe(IP);
  expect(agent.getIpRemediation(IP).remediation).toBe('ban');
  expect(agent.bouncer.inspect(facts)).toMatchObject({ action: 'block' });
  expect(agent.report({ ip: '9.9.9.9', scenario: SCENARIO }).status).toBe('buffered');
  expect(agent.health().decisions.local).toBe(1);
  await agent.runDue();
}

describe('a clock that breaks its contract', () => {
  const real = (): Clock => ({ now: () => Date.now(), monotonic: () => performance.now() });
  let calls = 0;
  const toAndFro = (): number => (calls++ % 2 === 0 ? 7_200_000 : -7_200_000);
  const clocks: Readonly<Record<string, () => Clock>> = {
    'is not a number': () => ({ now: () => NaN, monotonic: () => NaN }),
    'gives no wall time': () => ({ ...real(), now: () => NaN }),
    'gives a text': () => ({ ...real(), now: () => '2026' as never }),
    'gives more than a date can hold': () => ({ ...real(), now: () => 1e300 }),
    throws: () => ({
      now: () => {
        throw new Error('no time');
      },
      monotonic: () => {
        throw new Error('no time');
      },
    }),
    'jumps to and fro': () => ({ ...real(), now: () => Date.now() + toAndFro() }),
    'goes back': () => ({ ...real(), monotonic: () => -performance.now() }),
    'throws now and then': () => ({
      ...real(),
      now: () => {
        if (calls++ % 3 === 0) throw new Error('no time');
        return Date.now();
      },
    }),
  };

  it.each(Object.entries(clocks))('%s: it is named, and the agent works on', async (_, clock) => {
    const { agent, lines } = await started({ clock: clock() });
    await useDaily(agent);
    await vi.waitUntil(() => agent.health().problems.some(({ code }) => code === 'CLOCK_FAILED') || !agent.health(), {
      timeout: 20_000,
    });
    expect(lines.filter((line) => line.includes('The clock does not keep time'))).toHaveLength(1);
    expect(agent.health().decisions.pulledAt).toBeGreaterThan(Date.now() - 86_400_000);
  });

  it('does not make the agent spin', async () => {
    const clock = { now: () => Date.now() + toAndFro(), monotonic: () => NaN };
    const jobs: string[] = [];
    const scheduler: Scheduler = {
      schedule(name, delayMs, run) {
        jobs.push(`${name} ${delayMs}`);
        const timer = setTimeout(() => void run(), delayMs);
        return { [Symbol.dispose]: () => clearTimeout(timer) };
      },
    };
    const { agent } = await started({ clock, scheduler });
    agent.report({ ip: '9.9.9.9', scenario: SCENARIO });
    const before = jobs.length;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(jobs.length - before).toBeLessThan(20);
    expect(jobs.filter((job) => job.includes('NaN'))).toEqual([]);
    expect(sandbox.calls.filter(({ path }) => path.endsWith('/login')).length).toBeLessThan(2);
  });

  it('may be set, forward and back', () => {
    const time = manualTime();
    const faults = new Faults(() => undefined);
    const clock = new ContainedClock(time.clock, faults);
    for (const hours of [1, -3, 72, -70]) {
      time.jump(hours * 3_600_000);
      expect(clock.now()).toBe(time.clock.now());
    }
    expect(faults.all).toEqual([]);
  });

  it('is followed again when it has been steady for a minute', async () => {
    const time = manualTime();
    const clock = new ContainedClock(time.clock, new Faults(() => undefined));
    const before = clock.now();
    for (let i = 0; i < 20; i++) {
      time.jump(i % 2 === 0 ? 3_600_000 : -3_600_000);
      clock.now();
    }
    time.jump(3_600_000);
    expect(clock.now()).toBe(before);
    await time.advance(61_000);
    expect(clock.now()).toBe(time.clock.now());
  });
});

describe('a scheduler that breaks its contract', () => {
  const schedulers: Readonly<Record<string, Scheduler>> = {
    throws: {
      schedule: () => {
        throw new Error('no timers');
      },
    },
    'runs jobs at once': {
      schedule: (_name, _delayMs, run) => {
        void run();
        return { [Symbol.dispose]: () => undefined };
      },
    },
    'does not wait': {
      schedule: (_name, _delayMs, run) => {
        const timer = setImmediate(() => void run());
        return { [Symbol.dispose]: () => clearImmediate(timer) };
      },
    },
  };

  it.each(Object.entries(schedulers))('%s: it is named, and the agent works on', async (_, scheduler) => {
    const { agent, lines } = await started({ scheduler });
    await useDaily(agent);
    await vi.waitUntil(() => agent.health().problems.some(({ code }) => code === 'SCHEDULER_FAILED'), {
      timeout: 10_000,
    });
    expect(lines.filter((line) => line.includes('The scheduler does not do what it should'))).toHaveLength(1);
  });

  it('may give handles that can not be cancelled, or throw then; a job runs once', () => {
    const faults = new Faults(() => undefined);
    const { clock } = manualTime();
    const runs: (() => unknown)[] = [];
    const throwing = {
      [Symbol.dispose]: () => {
        throw new Error('no');
      },
    };
    for (const handle of [undefined, throwing]) {
      const scheduler = { schedule: (_: string, __: number, run: () => unknown) => (runs.push(run), handle as never) };
      let count = 0;
      const contained = new ContainedScheduler(scheduler, clock, faults);
      contained.schedule('a', 5, () => void count++);
      runs.at(-1)?.();
      runs.at(-1)?.();
      expect(count).toBe(1);
      contained.schedule('a', 5, () => void count++)[Symbol.dispose]();
      runs.at(-1)?.();
      expect(count).toBe(1);
    }
  });
});

describe('code of the application that fails', () => {
  const broken: Readonly<Record<string, () => unknown>> = {
    throws: () => {
      throw new Error('no log');
    },
    rejects: () => Promise.reject(new Error('no log')),
  };

  it.each(Object.entries(broken))('a logger that %s is named once, on the console', async (_, fail) => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const logger = { debug: fail, info: fail, warn: fail, error: fail } as unknown as Logger;
    const { agent } = await started({ logger });
    agent.on('signalBuffered', () => {
      throw new Error('makes it log');
    });
    agent.report({ ip: '9.9.9.9', scenario: SCENARIO });
    await vi.waitUntil(() => agent.health().problems.some(({ code }) => code === 'LOGGER_FAILED'), { timeout: 20_000 });
    expect(said).toHaveBeenCalledTimes(1);
    expect(said.mock.calls[0]?.[0]).toContain('no log');
  });

  it('a logger that lost its `this` does no harm', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    class AppLogger {
      readonly #lines: string[] = [];
      debug(this: AppLogger, line: string): void {
        this.#lines.push(line);
      }
    }
    const debug: Logger['debug'] = Reflect.get(AppLogger.prototype, 'debug');
    const { agent } = await started({ logger: { debug, info: debug, warn: debug, error: debug } });
    agent.on('signalBuffered', () => {
      throw new Error('makes it log');
    });
    expect(agent.report({ ip: '9.9.9.9', scenario: SCENARIO }).status).toBe('buffered');
    expect(agent.health().problems.map(({ code }) => code)).toContain('LOGGER_FAILED');
  });

  it('a listener that rejects is named once and disturbs nobody', async () => {
    const { agent, lines } = await started({});
    let heard = 0;
    const listener: () => unknown = () => Promise.reject(new Error('async trouble'));
    agent.on('signalBuffered', () => listener() as undefined);
    agent.on('signalBuffered', () => void heard++);
    for (const last of [1, 2, 3]) agent.report({ ip: `9.9.9.${last}`, scenario: SCENARIO });
    await vi.waitUntil(() => lines.some((line) => line.includes('async trouble')), { timeout: 20_000 });
    expect(heard).toBe(3);
    expect(lines.filter((line) => line.includes('async trouble'))).toHaveLength(1);
  });
});
