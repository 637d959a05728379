import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesToHold } from '../bouncer/read-body.js';
import { STALLED_BODY_MS } from '../bouncer/request-body.js';
import type { RequestFacts } from '../bouncer/verdict.js';
import { manualTime } from '../testing/manual-time.js';
import { silentLogger } from '../logger.js';
import { parseOptions } from '../options.js';
import { Secret } from '../secret.js';
import type { AppsecAnswer } from './answer.js';
import { AppsecLog } from './appsec-log.js';
import { BodyMemoryBudget } from './body-memory-budget.js';
import { AppsecInspector } from './inspector.js';

describe('the memory for bodies', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is given in turn, as it becomes free', async () => {
    const memory = new BodyMemoryBudget({ bytes: 10, longestWaitMs: STALLED_BODY_MS });
    expect(memory.reserve(6)).toBeUndefined();
    const reserved: string[] = [];
    void memory.reserve(6)?.then(() => reserved.push('large'));
    void memory.reserve(2)?.then(() => reserved.push('small'));
    await Promise.resolve();
    expect(reserved).toEqual([]);
    memory.release(6);
    await Promise.resolve();
    expect(reserved).toEqual(['large', 'small']);
    expect(memory.reserve(0)).toBeUndefined();
    expect(memory.reserve(3)).toBeInstanceOf(Promise);
  });

  it('is waited for ten seconds, and not taken by who went without it', async () => {
    const memory = new BodyMemoryBudget({ bytes: 10, longestWaitMs: STALLED_BODY_MS });
    expect(memory.reserve(8)).toBeUndefined();
    const [large, small] = [memory.reserve(9), memory.reserve(1)];
    await vi.advanceTimersByTimeAsync(STALLED_BODY_MS - 1);
    const later = memory.reserve(1);
    await vi.advanceTimersByTimeAsync(1);
    expect([await large, await small, await later]).toEqual([false, true, true]);
    memory.release(8);
    expect(memory.reserve(9)).toBeInstanceOf(Promise);
    memory.release(2);
  });
});

describe('bodies that are shown to AppSec', () => {
  it('are never held beyond what there is memory for, and all of them are shown', async () => {
    const { inspector, answer, asked, held } = inspecting(
      new BodyMemoryBudget({ bytes: 3_000, longestWaitMs: STALLED_BODY_MS }),
    );
    const findings = Array.from({ length: 20 }, (_, i) =>
      inspector.inspect(upload(i % 2 === 0 ? '1000' : undefined), '203.0.113.7'),
    );
    for (let i = 0; i < 20; i++) {
      await vi.waitFor(() => expect(asked).toHaveLength(Math.min(i + 3, 20)), { timeout: 20_000 });
      expect(held.now).toBe(Math.min(20 - i, 3));
      answer();
    }
    const found: unknown[] = [];
    for (const finding of findings) found.push(await finding);
    expect(found).toEqual(Array(20).fill({ origin: 'appsec', remediations: ['ban', 'ban', 'ban'], status: undefined }));
    expect(held.most).toBe(3);
  });

  it('do not keep requests without a body waiting, nor those whose body is too large to be shown', async () => {
    const { inspector, answer, asked } = inspecting(
      new BodyMemoryBudget({ bytes: 1_000, longestWaitMs: STALLED_BODY_MS }),
    );
    const first = inspector.inspect(upload('1000'), '203.0.113.7');
    const others = ['0', '1001', undefined].map((length) =>
      inspector.inspect(
        { ...upload(length), ...(length === undefined && { nodeRequest: { headers: {} } }) },
        '203.0.113.7',
      ),
    );
    await vi.waitFor(() => expect(asked).toHaveLength(4), { timeout: 20_000 });
    for (let i = 0; i < 4; i++) answer();
    for (const finding of [first, ...others]) expect(await finding).toMatchObject({ origin: 'appsec' });
  });
});

function upload(length: string | undefined): RequestFacts {
  const headers = length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': length };
  return { remoteAddress: '203.0.113.7', method: 'POST', path: '/', headers, nodeRequest: { headers } };
}

/** An inspector whose AppSec answers when it is told to. */
function inspecting(memory: BodyMemoryBudget) {
  const answers: ((answer: AppsecAnswer) => void)[] = [];
  const asked: number[] = [];
  const held = { now: 0, most: 0 };
  const inspector = new AppsecInspector({
    client: {
      ask: (_, body) => {
        asked.push(body?.byteLength ?? 0);
        return new Promise((resolve) => answers.push(resolve));
      },
    },
    apiKey: new Secret('key'),
    log: new AppsecLog('appsec', { clock: manualTime().clock, logger: silentLogger }),
    skips: () => false,
    readBody: (facts, maxBytes) => {
      if (bytesToHold(facts, maxBytes) === 0) return Promise.resolve({ kind: 'none' });
      held.most = Math.max(held.most, ++held.now);
      return Promise.resolve({ kind: 'whole', bytes: Buffer.alloc(1_000), maybeUnpacked: false });
    },
    bytesToHold,
    memory,
    maxBodyBytes: 1_000,
    onLargeBody: 'headers-only',
    onFailure: parseOptions({ env: 'dev', appsec: { url: 'http://127.0.0.1:9', apiKey: 'key' } }).appsec!.onFailure,
    fallbackRemediation: 'ban',
    neverBans: false,
    wantsRefused: false,
  });
  const answer = (): void => {
    held.now--;
    answers.shift()?.({ kind: 'act', action: 'ban', status: undefined, page: undefined });
  };
  return { inspector, answer, asked, held };
}
