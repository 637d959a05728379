import { describe, expect, it, onTestFinished } from 'vitest';
import type { Crowdsec } from '../agent.js';
import type { RequestTraits } from '../bouncer/request-observer.js';
import type { RequestFacts } from '../bouncer/verdict.js';
import { createCrowdsec } from '../crowdsec.js';
import { silentLogger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import type { DetectionEvent } from './detection-event.js';
import type { Detector } from './detector.js';
import type { Extension } from './extension.js';

const SCENARIO = 'acme/trap';
const ban = { scenario: SCENARIO, decision: {} };

/** An agent with nobody to talk to. */
async function agentWith(extensions: readonly Extension[], options: Partial<CrowdsecOptions> = {}): Promise<Crowdsec> {
  const crowdsec = createCrowdsec({
    apiUrl: 'http://127.0.0.1:9',
    ephemeral: true,
    logger: silentLogger,
    extensions,
    ...options,
  });
  onTestFinished(() => crowdsec.stop({ deadlineMs: 0 }));
  await crowdsec.start();
  return crowdsec;
}

function extension(name: string, ...detectors: readonly Partial<Detector>[]): Extension {
  const whole = detectors.map((detector, i) => ({
    name: `${name}-${i}`,
    on: ['request'] as const,
    detect: () => undefined,
    ...detector,
  }));
  return { name: `acme.${name}`, apiVersion: 1, scenarios: [SCENARIO], detectors: whole };
}

const facts = (path: string, remoteAddress = '203.0.113.7'): RequestFacts => ({
  remoteAddress,
  method: 'GET',
  path,
  headers: { 'user-agent': 'curl/8' },
});

/** What comes after it is in another turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const eventsOf = (crowdsec: Crowdsec): (number | undefined)[] =>
  crowdsec.health().extensions.flatMap(({ detectors }) => detectors.map(({ events }) => events));

describe('the filter of a detector', () => {
  it('decides which requests it is shown, before they go on, and nobody else is kept from them', async () => {
    const asked: RequestTraits[] = [];
    const seen: string[] = [];
    const note =
      (name: string): Detector['detect'] =>
      (event) =>
        void seen.push(`${name} ${'path' in event ? event.path : event.kind}`);
    const filter = (request: RequestTraits): boolean => {
      asked.push({ ...traits(request) });
      return request.path.startsWith('/a');
    };
    const some = extension('some', { filter, detect: note('first') }, { filter, detect: note('second') });
    const crowdsec = await agentWith([some]);
    for (const [i, path] of ['/a', '/b', '/ab'].entries()) crowdsec.bouncer.inspect(facts(path, `203.0.113.${i}`));
    expect(asked.map(({ path }) => path)).toEqual(['/a', '/b', '/ab']);
    expect(asked[0]).toEqual({ method: 'GET', path: '/a', userAgent: 'curl/8', action: 'pass' });
    await crowdsec.runDue();
    expect(seen.toSorted()).toEqual(['first /a', 'first /ab', 'second /a', 'second /ab']);
    expect(eventsOf(crowdsec)).toEqual([3, 3]);

    seen.length = 0;
    const both = await agentWith([some, extension('all', { detect: note('all') })]);
    for (const [i, path] of ['/a', '/b'].entries()) both.bouncer.inspect(facts(path, `203.0.113.${i}`));
    await both.runDue();
    expect(seen.toSorted()).toEqual(['all /a', 'all /b', 'first /a', 'second /a']);
    expect(eventsOf(both)).toEqual([2, 2, 2]);
  });

  it('decides which requests a blocking one refuses', async () => {
    const shown: string[] = [];
    const detect: Detector['detect'] = (event) => {
      shown.push('path' in event ? event.path : '');
      return ban;
    };
    const filter = ({ path }: RequestTraits): boolean => path === '/trap';
    const crowdsec = await agentWith([extension('trap', { filter, detect, blocking: true })]);
    expect(crowdsec.bouncer.inspect(facts('/')).action).toBe('pass');
    expect(crowdsec.bouncer.inspect(facts('/trap')).action).toBe('block');
    expect(shown).toEqual(['/trap']);
    expect(eventsOf(crowdsec)).toEqual([2]);
  });

  it('leaves answers and what the application tells alone', async () => {
    const seen: DetectionEvent['kind'][] = [];
    const on = ['request', 'response', 'app:hit'] as const;
    const crowdsec = await agentWith([
      extension('none', { on, filter: () => false, detect: ({ kind }) => void seen.push(kind) }),
    ]);
    crowdsec.bouncer.answering(facts('/'), crowdsec.bouncer.inspect(facts('/')))?.(404);
    crowdsec.observe('app:hit', { ip: '203.0.113.7' });
    await crowdsec.runDue();
    expect(seen).toEqual(['response', 'app:hit']);
    expect(eventsOf(crowdsec)).toEqual([3]);
  });

  const failing: readonly (readonly [string, () => unknown, string])[] = [
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      'boom',
    ],
    ['answers a promise', () => Promise.reject(new Error('boom')), 'its filter answered object'],
    ['answers nonsense', () => 1, 'its filter answered number'],
  ];

  it.each(failing.flatMap(([what, ...each]) => [false, true].map((blocking) => [what, blocking, ...each] as const)))(
    '%s (blocking: %s): its extension alone is switched off, and it is named',
    async (_, blocking, filter, reason) => {
      let good = 0;
      const crowdsec = await agentWith([
        extension('bad', { filter: filter as () => boolean, blocking }),
        extension('good', { filter: () => true, detect: () => void good++ }),
      ]);
      for (let i = 0; i < 6; i++) expect(crowdsec.bouncer.inspect(facts('/')).action).toBe('pass');
      await crowdsec.runDue();
      const [bad] = crowdsec.health().extensions;
      expect(bad).toMatchObject({
        state: 'off',
        reason: expect.stringContaining(`detector bad-0: ${reason}`) as string,
      });
      expect(good).toBe(6);
    },
  );

  it.each([false, true])(
    'that is slow is found, also when all have been quick for long (blocking: %s)',
    async (blocking) => {
      let waitedMs = 0;
      let isSlow = false;
      const clock = { now: () => Date.now(), monotonic: () => waitedMs };
      const slow = (): boolean => {
        if (isSlow) waitedMs += 60;
        return false;
      };
      const crowdsec = await agentWith(
        [
          extension('first', { filter: () => false, blocking }),
          extension('second', { filter: slow, blocking }),
          extension('third', { filter: () => false, blocking }),
        ],
        { clock },
      );
      for (let i = 0; i < 150; i++) crowdsec.bouncer.inspect(facts('/'));
      isSlow = true;
      for (let i = 0; i < 14; i++) crowdsec.bouncer.inspect(facts('/'));
      expect(crowdsec.health().extensions).toMatchObject([
        { state: 'active', failures: 0 },
        { state: 'off', reason: 'detector second-0: held the event loop for 60 ms' },
        { state: 'active', failures: 0 },
      ]);
    },
  );

  it('can change nothing of what others see', async () => {
    const seen: unknown[] = [];
    const liar = (request: RequestTraits): boolean => {
      (request as { path: string }).path = '/innocent';
      return true;
    };
    const crowdsec = await agentWith([
      extension('liar', { filter: liar }),
      extension('good', { filter: () => true, detect: (event) => void seen.push(event) }),
    ]);
    crowdsec.bouncer.inspect(facts('/trap'));
    await crowdsec.runDue();
    expect(seen).toMatchObject([{ path: '/trap' }]);
    expect(crowdsec.health().extensions.map(({ failures }) => failures > 0)).toEqual([true, false]);
  });

  it('is refused where it is no function, and where there is nothing to filter', () => {
    const refused = (detector: Partial<Detector>): unknown => {
      try {
        return createCrowdsec({
          apiUrl: 'http://127.0.0.1:9',
          ephemeral: true,
          extensions: [extension('trap', detector)],
        });
      } catch (error) {
        return error;
      }
    };
    const wrong = { code: 'CROWDSEC_OPTION_INVALID', path: 'options.extensions[0].detectors[0].filter' };
    expect(refused({ filter: /trap/ as never })).toMatchObject(wrong);
    expect(refused({ filter: () => true, on: ['response'] })).toMatchObject(wrong);
  });
});

describe('the duration of an answer', () => {
  it('begins in the turn of the event loop in which the request was judged', async () => {
    let now = 1_000;
    const durations: number[] = [];
    const detect: Detector['detect'] = (event) => void (event.kind === 'response' && durations.push(event.durationMs));
    const clock = { now: () => Date.now(), monotonic: () => now };
    const crowdsec = await agentWith([extension('watch', { on: ['response'], detect })], { clock });
    const judged = (): ((status: number) => void) =>
      crowdsec.bouncer.answering(facts('/'), crowdsec.bouncer.inspect(facts('/')))!;
    const [first, second] = [judged(), judged()];
    await turn();
    now += 7;
    const third = judged();
    now += 5;
    for (const answered of [first, third, second]) answered(200);
    await crowdsec.runDue();
    expect(durations).toEqual([12, 5, 12]);
  });
});

function traits({ method, path, userAgent, action }: RequestTraits): RequestTraits {
  return { method, path, userAgent, action };
}
