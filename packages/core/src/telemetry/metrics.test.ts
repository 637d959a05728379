import { metrics, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { MeterProvider, MetricReader, type DataPoint, type MetricData } from '@opentelemetry/sdk-metrics';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
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
  const ask = (remoteAddress: string): void =>
    void crowdsec.bouncer.inspect({ remoteAddress, method: 'GET', path: '/', headers: {} });

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

  it('count requests by verdict, and by what was found', async () => {
    for (const ip of ['203.0.113.7', '203.0.113.7', '198.51.100.1']) ask(ip);
    expect(await valueOf('crowdsec.bouncer.requests', { 'crowdsec.verdict': 'block' })).toBe(2);
    expect(await valueOf('crowdsec.bouncer.requests', { 'crowdsec.verdict': 'pass' })).toBe(1);
    const banned = { 'crowdsec.origin': 'CAPI', 'crowdsec.remediation': 'ban' };
    expect(await valueOf('crowdsec.bouncer.findings', banned)).toBe(2);
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

  it('never count down, although a remedy that is at work counts as passed', async () => {
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
    const passed = { 'crowdsec.namespace': 'slow', 'crowdsec.verdict': 'pass' };
    const before = await valueOf('crowdsec.bouncer.requests', passed);
    refuse!();
    await verdict.settled;
    expect(await valueOf('crowdsec.bouncer.requests', passed)).toBe(before);
    expect(await valueOf('crowdsec.bouncer.requests', { ...passed, 'crowdsec.verdict': 'block' })).toBe(1);
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
