import { metrics, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { MeterProvider, MetricReader, type DataPoint, type MetricData } from '@opentelemetry/sdk-metrics';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
import type { CrowdsecOptions } from '../options.js';
import type { Extension } from '../extensions/extension.js';
import { silentLogger } from '../logger.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { ATTRIBUTES } from './attributes.js';
import { INSTRUMENTS } from './instruments.js';

class Collector extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

const probe: Extension = {
  name: 'acme.probe',
  apiVersion: 1,
  scenarios: ['acme/probe'],
  detectors: [
    {
      name: 'probe',
      on: ['app:probe'],
      detect: () => ({ scenario: 'acme/probe', signal: 'whisper' }),
    },
  ],
};

describe('The metrics of an agent', () => {
  let sandbox: Sandbox;
  let crowdsec: Crowdsec;
  let reader: Collector;
  let time: ManualTime;
  const spans = new InMemorySpanExporter();

  beforeEach(async () => {
    reader = new Collector();
    settling = [];
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
    time = manualTime(Date.UTC(2026, 10, 22, 12));
    sandbox = await startSandbox({ clock: time.clock, appsec: { apiKeys: ['key'] } });
    sandbox.decisions.add([{ value: '203.0.113.7' }, { value: '203.0.113.8' }]);
    crowdsec = createCrowdsec({
      ...{ apiUrl: sandbox.url, ephemeral: true, logger: silentLogger, extensions: [probe], scenarios: ['acme/x'] },
      ...{ clock: time.clock, scheduler: time.scheduler, namespace: 'shop' },
      appsec: { url: sandbox.appsec!.url, apiKey: 'key' },
    });
    await crowdsec.start();
    await crowdsec.refreshDecisions();
  });

  afterEach(async () => {
    await crowdsec.stop();
    await sandbox.stop();
    metrics.disable();
    trace.disable();
    spans.reset();
  });

  const collect = async (): Promise<readonly MetricData[]> => {
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  };
  const pointsOf = async (name: string): Promise<readonly DataPoint<unknown>[]> => {
    const found = (await collect()).find(({ descriptor }) => descriptor.name === name);
    return found?.dataPoints ?? [];
  };
  const valueOf = async (name: string, attributes: Record<string, string> = {}): Promise<unknown> => {
    const points = await pointsOf(name);
    return points.find((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))
      ?.value;
  };
  let settling: unknown[] = [];
  const ask = (remoteAddress: string): void => {
    settling.push(crowdsec.bouncer.inspect({ remoteAddress, method: 'GET', path: '/', headers: {} }).settled);
  };

  it('are those of the table, with its units and attributes', async () => {
    ask('203.0.113.7');
    crowdsec.observe('app:probe', { ip: '198.51.100.7' });
    await crowdsec.runDue();
    const seen = await collect();
    expect(seen.map(({ descriptor }) => descriptor.name).toSorted()).toEqual(
      INSTRUMENTS.map(({ name }) => name).toSorted(),
    );
    for (const { name, unit, description, attributes } of INSTRUMENTS) {
      const { descriptor, dataPoints } = seen.find((metric) => metric.descriptor.name === name)!;
      expect(descriptor).toMatchObject({ unit, description });
      expect(dataPoints.length, name).toBeGreaterThan(0);
      const allowed = ['crowdsec.namespace', ...attributes];
      for (const point of dataPoints) {
        expect(point.attributes).toMatchObject({ 'crowdsec.namespace': 'shop' });
        expect(allowed, name).toEqual(expect.arrayContaining(Object.keys(point.attributes)));
      }
      expect(Object.keys(ATTRIBUTES)).toEqual(expect.arrayContaining([...attributes]));
    }
  });

  it('count requests by verdict, origin and remediation, each request once', async () => {
    const count = (verdict: string, origin: string, remediation: string) =>
      valueOf('crowdsec.bouncer.requests', {
        'crowdsec.verdict': verdict,
        'crowdsec.origin': origin,
        'crowdsec.remediation': remediation,
      });
    // Known before the first request, so that rates have it.
    expect(await count('pass', 'clean', 'bypass')).toBe(0);
    expect(await count('block', 'CAPI', 'ban')).toBe(0);
    for (const ip of ['203.0.113.7', '203.0.113.7', '198.51.100.1']) ask(ip);
    ask('no address');
    // AppSec is still being asked about those that pass.
    await Promise.all(settling);
    expect(await count('block', 'CAPI', 'ban')).toBe(2);
    expect(await count('pass', 'clean', 'bypass')).toBe(1);
    expect(await count('pass', 'invalid', 'bypass')).toBe(1);
    const points = await pointsOf('crowdsec.bouncer.requests');
    expect(points.reduce((sum, { value }) => sum + Number(value), 0)).toBe(crowdsec.health().requests.total);
  });

  it('tell of each kind of verdict, and of whose word it was in the end', async () => {
    const counts = async (namespace: string): Promise<readonly string[]> =>
      (await pointsOf('crowdsec.bouncer.requests'))
        .filter(({ attributes, value }) => attributes['crowdsec.namespace'] === namespace && value !== 0)
        .map(({ attributes: { 'crowdsec.verdict': verdict, ...about }, value }) =>
          [verdict, about['crowdsec.origin'], about['crowdsec.remediation'], value].map(String).join(' '),
        )
        .toSorted();
    const agent = async (namespace: string, options: Partial<CrowdsecOptions>): Promise<Crowdsec> => {
      const made = createCrowdsec({
        ...{ apiUrl: sandbox.url, ephemeral: true, logger: silentLogger, namespace, ...options },
      });
      await made.start();
      await made.refreshDecisions();
      return made;
    };
    const visit = (made: Crowdsec, remoteAddress: string, path = '/') =>
      made.bouncer.inspect({ remoteAddress, method: 'GET', path, headers: {} });

    const served = await agent('served', {
      skip: ['/assets/*'],
      remedies: {
        ban: () => ({ served: { status: 200, headers: {}, body: 'a page' } }),
        captcha: ({ ip }) => (ip === '198.51.100.1' ? 'pass' : Promise.reject(new Error('no'))),
      },
    });
    for (const ip of ['198.51.100.1', '198.51.100.2'])
      served.decide({ ip, type: 'captcha', duration: '4h', scenario: 'acme/x' });
    visit(served, '203.0.113.7', '/assets/style.css');
    visit(served, '203.0.113.7');
    visit(served, '198.51.100.1');
    await visit(served, '198.51.100.2').settled;
    expect(await counts('served')).toEqual([
      'pass crowdsec captcha 1',
      'pass failed bypass 1',
      'serve CAPI ban 1',
      'skip skipped bypass 1',
    ]);

    const logging = await agent('logging', { mode: 'log' });
    visit(logging, '203.0.113.7');
    visit(logging, '198.51.100.3');
    visit(logging, '198.51.100.3');
    expect(await counts('logging')).toEqual(['pass clean bypass 2', 'would_block CAPI ban 1']);

    const guarded = await agent('guarded', { appsec: { url: sandbox.appsec!.url, apiKey: 'key' } });
    await visit(guarded, '198.51.100.3', '/.env').settled;
    await visit(guarded, '198.51.100.3').settled;
    expect(await counts('guarded')).toEqual(['block appsec ban 1', 'pass clean bypass 1']);
    for (const made of [served, logging, guarded]) await made.stop();
  });

  it('are told to an SDK that is set after the agent has started, and to the next one', async () => {
    metrics.disable();
    await time.advance(10_000);
    const late = new Collector();
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [late] }));
    const names = async (from: Collector): Promise<readonly string[]> =>
      (await from.collect()).resourceMetrics.scopeMetrics.flatMap((scope) =>
        scope.metrics.flatMap(({ descriptor, dataPoints }) => (dataPoints.length > 0 ? [descriptor.name] : [])),
      );
    expect(await names(late)).toEqual([]);
    await time.advance(10_000);
    expect(await names(late)).toContain('crowdsec.store.up');

    metrics.disable();
    const next = new Collector();
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [next] }));
    // Where timers do not run between calls.
    await crowdsec.runDue();
    expect(await names(next)).toContain('crowdsec.store.up');
    // The one before is told nothing new.
    crowdsec.decide({ ip: '198.51.100.9', type: 'captcha', duration: '4h', scenario: 'acme/x' });
    const captchas = async (from: Collector): Promise<number> =>
      JSON.stringify(await from.collect()).split('"crowdsec.decision.type":"captcha"').length - 1;
    expect([await captchas(late), await captchas(next)]).toEqual([0, 1]);
  });

  it('tell how many decisions are held, by origin and type, and how old they are', async () => {
    crowdsec.decide({ ip: '198.51.100.9', type: 'captcha', duration: '4h', scenario: 'acme/x' });
    const count = (origin: string, type: string) =>
      valueOf('crowdsec.decision.count', { 'crowdsec.origin': origin, 'crowdsec.decision.type': type });
    expect(await count('CAPI', 'ban')).toBe(2);
    expect(await count('crowdsec', 'captcha')).toBe(1);
    expect(await count('crowdsec', 'ban')).toBe(0);
    crowdsec.lift({ ip: '198.51.100.9' });
    expect(await count('crowdsec', 'captcha')).toBe(0);
    await time.advance(90_000);
    expect(await valueOf('crowdsec.decision.age')).toBe(90);
  });

  it('count a request whose remedy is at work once it is settled', async () => {
    let refuse: (() => void) | undefined;
    const slow = createCrowdsec({
      ...{ apiUrl: sandbox.url, ephemeral: true, logger: silentLogger, namespace: 'slow' },
      remedies: {
        ban: () =>
          new Promise((resolve) => {
            refuse = () => resolve({ status: 403, headers: {}, body: '' });
          }),
      },
    });
    await slow.start();
    slow.decide({ ip: '198.51.100.9', duration: '4h', scenario: 'acme/x' });
    const verdict = slow.bouncer.inspect({ remoteAddress: '198.51.100.9', method: 'GET', path: '/', headers: {} });
    const counted = async (): Promise<unknown[]> =>
      (await pointsOf('crowdsec.bouncer.requests'))
        .filter(({ attributes, value }) => attributes['crowdsec.namespace'] === 'slow' && value !== 0)
        .map(({ attributes, value }) => [attributes['crowdsec.verdict'], value]);
    expect(await counted()).toEqual([]);
    refuse!();
    await verdict.settled;
    expect(await counted()).toEqual([['block', 1]]);
    await slow.stop();
  });

  it('count signals, refusals by reason, and detections by scenario', async () => {
    crowdsec.report({ ip: '198.51.100.7', scenario: 'acme/x' });
    crowdsec.report({ ip: '10.0.0.1', scenario: 'acme/x' });
    crowdsec.observe('app:probe', { ip: '8.8.8.8' });
    await crowdsec.runDue();
    expect(await valueOf('crowdsec.signal.refused', { 'crowdsec.signal.refusal': 'non-public-ip' })).toBe(1);
    expect(await valueOf('crowdsec.signal.refused', { 'crowdsec.signal.refusal': 'buffer-full' })).toBe(0);
    const detected = { 'crowdsec.scenario': 'acme/probe', 'crowdsec.detection.outcome': 'acted' };
    expect(await valueOf('crowdsec.extension.detections', detected)).toBe(1);
    const state = (name: string) => valueOf('crowdsec.extension.status', { 'crowdsec.extension.state': name });
    expect([await state('active'), await state('off')]).toEqual([1, 0]);
  });

  it('measure each call by endpoint and status, and each pull by its result', async () => {
    const { 'crowdsec.namespace': _, ...first } = (await pointsOf('crowdsec.client.call.duration'))[0]!.attributes;
    expect(first).toEqual({
      'crowdsec.peer': 'capi',
      'http.request.method': 'POST',
      'url.template': '/v3/watchers',
      'http.response.status_code': 200,
    });
    expect(await valueOf('crowdsec.capi.login.remaining')).toBe(4);
    expect((await pointsOf('crowdsec.decision.refresh.duration')).map(({ attributes }) => attributes)).toEqual([
      { 'crowdsec.namespace': 'shop', 'crowdsec.source': 'capi', 'crowdsec.refresh.result': 'refreshed' },
    ]);
  });

  it('tell of a call that nobody answers, with the kind of its failure', async () => {
    await sandbox.stop();
    await time.advance(4 * 3_600_000);
    await crowdsec.refreshDecisions().catch(() => undefined);
    const failed = (await pointsOf('crowdsec.client.call.duration')).filter(
      ({ attributes }) => attributes['error.type'] !== undefined,
    );
    expect(failed.map(({ attributes }) => attributes['error.type'])).toContain('ECONNREFUSED');
    expect(failed[0]!.attributes).not.toHaveProperty('http.response.status_code');
    const pulls = await pointsOf('crowdsec.decision.refresh.duration');
    expect(pulls.map(({ attributes }) => attributes['crowdsec.refresh.result'])).toEqual(['refreshed', 'failed']);
  });

  it('tell what AppSec said, and of each question to it', async () => {
    const facts = { remoteAddress: '198.51.100.7', method: 'GET', path: '/', headers: {} };
    await crowdsec.bouncer.inspect(facts).settled;
    expect(await valueOf('crowdsec.appsec.outcomes', { 'crowdsec.appsec.outcome': 'allow' })).toBe(1);
    expect(await valueOf('crowdsec.appsec.outcomes', { 'crowdsec.appsec.outcome': 'failed.timeout' })).toBe(0);
    const asked = (await pointsOf('crowdsec.client.call.duration')).filter(
      ({ attributes }) => attributes['crowdsec.peer'] === 'appsec',
    );
    expect(asked).toHaveLength(1);
    expect(spans.getFinishedSpans().at(-1)?.name).toBe('GET AppSec');
  });

  it('tell of calls to a local API', async () => {
    const engine = await startSandbox({ lapi: true });
    const machine = { machineId: 'shop', password: 'secret-enough-for-a-test' };
    engine.lapi!.addMachine(machine);
    const lapi = createCrowdsec({
      ...{ ephemeral: true, logger: silentLogger, namespace: 'lapi', scenarios: ['acme/x'] },
      lapi: { url: engine.lapi!.url, apiKey: engine.lapi!.addBouncer('shop'), machine },
    });
    await lapi.start();
    lapi.report({ ip: '198.51.100.7', scenario: 'acme/x' });
    await lapi.flushSignals();
    await lapi.refreshDecisions();
    const ofLapi = { 'crowdsec.namespace': 'lapi', 'crowdsec.source': 'lapi' };
    const refreshed = { ...ofLapi, 'crowdsec.refresh.result': 'refreshed' };
    expect(await valueOf('crowdsec.decision.refresh.duration', refreshed)).toMatchObject({ count: expect.any(Number) });
    expect(await valueOf('crowdsec.decision.age', ofLapi)).toBeLessThan(60);
    engine.lapi!.faults.add({ path: '/v1/decisions/stream', status: 500 });
    await expect(lapi.refreshDecisions()).rejects.toMatchObject({ code: 'CROWDSEC_API_STATUS' });
    const failed = { ...ofLapi, 'crowdsec.refresh.result': 'failed', 'error.type': 'CROWDSEC_API_STATUS' };
    expect(await valueOf('crowdsec.decision.refresh.duration', failed)).toMatchObject({ count: 1 });
    const calls = (await pointsOf('crowdsec.client.call.duration')).filter(
      ({ attributes }) => attributes['crowdsec.peer'] === 'lapi',
    );
    expect(calls.map(({ attributes }) => attributes['url.template'])).toEqual(
      expect.arrayContaining(['/v1/watchers/login', '/v1/alerts']),
    );
    await lapi.stop();
    await engine.stop();
  });

  it('go away with the agent', async () => {
    await crowdsec.stop();
    expect(await pointsOf('crowdsec.store.up')).toEqual([]);
  });

  it('come with one client span for each call, which names no secret', async () => {
    const finished = spans.getFinishedSpans();
    expect(finished.map(({ name }) => name)).toEqual(sandbox.calls.map(({ method, path }) => `${method} ${path}`));
    expect(finished[0]).toMatchObject({
      attributes: { 'crowdsec.peer': 'capi', 'server.address': '127.0.0.1', 'http.response.status_code': 200 },
    });
    expect(JSON.stringify(finished.map(({ attributes }) => attributes))).not.toContain('?');
  });
});

describe('Without an SDK', () => {
  it('nothing is read, nor refused', async () => {
    const crowdsec = createCrowdsec({ apiUrl: 'http://127.0.0.1:9', ephemeral: true, logger: silentLogger });
    await crowdsec.start();
    await expect(crowdsec.refreshDecisions()).rejects.toMatchObject({ code: 'CROWDSEC_API_UNREACHABLE' });
    await crowdsec.stop();
  });
});
