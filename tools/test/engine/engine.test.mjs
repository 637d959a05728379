import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEngine } from '../../engine/engine-package.mjs';
import { startEngine } from '../../engine/start-engine.mjs';

/** @import { Engine } from '../../engine/types.d.mts' */

const found = findEngine();

describe.skipIf('reason' in found)('a real engine', () => {
  /** @type {Engine} */
  let engine;
  beforeAll(async () => {
    if ('engine' in found) engine = await startEngine(found.engine);
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it('gives its decisions to a bouncer, and keeps keys, decisions and its port over a restart', async () => {
    const key = await engine.addBouncer('shop');
    await engine.addDecision({ ip: '198.51.100.1' });
    await engine.addDecision({ scope: 'country', value: 'FR', type: 'captcha' });
    await engine.importDecisions(['2001:db8::1', '203.0.113.0/24']);

    await engine.restart();
    const answer = await fetch(`${engine.url}/v1/decisions/stream?startup=true&scopes=ip,range,country`, {
      headers: { 'x-api-key': key },
    });
    const { new: rows } = /** @type {{ new: { value: string }[] }} */ (await answer.json());

    const values = ['198.51.100.1', '2001:db8::1', '203.0.113.0/24', 'FR'];
    expect(rows.map(({ value }) => value).sort()).toEqual(values);
    expect((await engine.decisions()).map(({ value }) => value).sort()).toEqual(values);
  });
});
