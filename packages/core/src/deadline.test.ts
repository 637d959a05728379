import { setTimeout as delay } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { answerWithin, atMost, type Deadline, DeadlineExceeded, withinDeadline } from './deadline.js';
import { manualTime } from './testing/manual-time.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('work with a deadline', () => {
  it('gives what it came to, and leaves no timer behind', async () => {
    const time = manualTime();
    const timer = { scheduler: time.scheduler, name: 'test' };
    await expect(withinDeadline({ ms: 100, timer }, () => 'done')).resolves.toBe('done');
    await expect(
      withinDeadline({ ms: 100, timer }, () => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
    expect(time.pending()).toEqual([]);
  });

  it('fails when its time is up, even if it does not listen to its signal', async () => {
    const time = manualTime();
    let deadline: Deadline | undefined;
    const work = withinDeadline({ ms: 1_500, timer: { scheduler: time.scheduler, name: 'test' } }, (given) => {
      deadline = given;
      return never();
    });
    const failed = expect(work).rejects.toThrow('no answer within 1.5 s');
    await time.advance(1_499);
    expect(deadline?.signal.aborted).toBe(false);
    await time.advance(1);
    await failed;
    expect(deadline?.signal.reason).toEqual(new DeadlineExceeded(1_500));
  });

  it('has its time anew when it asks for that', async () => {
    const time = manualTime();
    let deadline: Deadline | undefined;
    const work = withinDeadline({ ms: 100, timer: { scheduler: time.scheduler, name: 'test' } }, (given) => {
      deadline = given;
      return never();
    });
    const failed = expect(work).rejects.toThrow(DeadlineExceeded);
    await time.advance(60);
    deadline?.extend();
    await time.advance(60);
    expect(deadline?.signal.aborted).toBe(false);
    await time.advance(40);
    await failed;
    expect(time.pending()).toEqual([]);
  });

  it.each(['a scheduler', 'Node'])('may have more time once, and its own after that, by timers of %s', async (kind) => {
    const time = manualTime();
    const timer = { scheduler: time.scheduler, name: 'test' };
    const options = kind === 'Node' ? { ms: 20 } : { ms: 20, timer };
    const wait = (ms: number): Promise<void> => (kind === 'Node' ? delay(ms) : time.advance(ms));
    let deadline: Deadline | undefined;
    const work = withinDeadline(options, (given) => {
      deadline = given;
      given.extend(60_000);
      return never();
    });
    const failed = expect(work).rejects.toThrow(DeadlineExceeded);
    await wait(60);
    expect(deadline?.signal.aborted).toBe(false);
    deadline?.extend();
    await wait(60);
    await failed;
    expect(time.pending()).toEqual([]);
  });

  it('has no more time, and leaves no timer behind, when it asks for that after its end', async () => {
    const time = manualTime();
    const abort = new AbortController();
    const timer = { scheduler: time.scheduler, name: 'test' };
    const timersOfNode = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timersOfNode();
    for (const options of [{ ms: 60_000 }, { ms: 60_000, timer }]) {
      let deadline: Deadline | undefined;
      const work = withinDeadline({ ...options, signal: abort.signal }, (given) => {
        deadline = given;
        return never();
      });
      abort.abort(new Error('stopped'));
      await expect(work).rejects.toThrow('stopped');
      deadline?.extend();
      deadline?.extend(30_000);
    }
    expect(time.pending()).toEqual([]);
    expect(timersOfNode()).toBe(before);
  });

  it('is broken off by another signal, before or after it begins, with its reason', async () => {
    const abort = new AbortController();
    let ran = 0;
    const start = (): Promise<never> =>
      withinDeadline({ ms: 60_000, signal: abort.signal }, () => {
        ran++;
        return never();
      });
    const running = start();
    abort.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    await expect(start()).rejects.toThrow('stopped');
    expect(ran).toBe(1);
  });

  it('fails with what was made for being late', async () => {
    await expect(withinDeadline({ ms: 1, late: () => new Error('the store is slow') }, never)).rejects.toThrow(
      'the store is slow',
    );
  });

  it('counts what has arrived when the process gets its turn again after it was held up', async () => {
    const { port1, port2 } = new MessageChannel();
    // In this phase of the event loop timers come next, then what has arrived.
    await new Promise((resolve) => setImmediate(resolve));
    let deadline: Deadline | undefined;
    const work = withinDeadline({ ms: 5 }, (given) => {
      deadline = given;
      return new Promise((resolve) => port2.once('message', resolve));
    });
    port1.postMessage('answer');
    for (const from = performance.now(); performance.now() - from < 30;);
    await expect(work).resolves.toBe('answer');
    await new Promise((resolve) => setImmediate(resolve));
    expect(deadline?.signal.aborted).toBe(false);
    port1.close();
  });

  it('may still be extended in that turn', async () => {
    const { port1, port2 } = new MessageChannel();
    await new Promise((resolve) => setImmediate(resolve));
    const work = withinDeadline({ ms: 5 }, async (given) => {
      await new Promise((resolve) => port2.once('message', resolve));
      given.extend();
      return new Promise((resolve) => setImmediate(resolve, 'answer'));
    });
    port1.postMessage('begun');
    for (const from = performance.now(); performance.now() - from < 30;);
    await expect(work).resolves.toBe('answer');
    port1.close();
  });

  it('may be asked for by a scheduler that runs everything at once', async () => {
    const eager = {
      schedule: (_name: string, _ms: number, run: () => void) => {
        run();
        return { [Symbol.dispose]: () => undefined };
      },
    };
    await expect(withinDeadline({ ms: 1, timer: { scheduler: eager, name: 'test' } }, never)).rejects.toThrow(
      DeadlineExceeded,
    );
  });
});

describe('waiting for an answer', () => {
  it('tells whether it has settled in time, not how', async () => {
    const time = manualTime();
    const timer = { scheduler: time.scheduler, name: 'test' };
    await expect(atMost(10, Promise.reject(new Error('broken')), timer)).resolves.toBe(true);
    const waiting = atMost(10, never(), timer);
    await time.advance(10);
    await expect(waiting).resolves.toBe(false);
  });

  it('throws when none comes', async () => {
    const time = manualTime();
    const timer = { scheduler: time.scheduler, name: 'test' };
    await expect(answerWithin(10, Promise.resolve(1), timer)).resolves.toBe(1);
    const failed = expect(answerWithin(2_000, never(), timer)).rejects.toThrow('no answer within 2 s');
    await time.advance(2_000);
    await failed;
  });
});
