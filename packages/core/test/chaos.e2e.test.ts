import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../../tools/chaos.mjs', import.meta.url));

/** Figures of a small run of `npm run chaos`; rejects when it says that a promise was broken. */
async function chaos(...args: string[]): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--built', '--json', ...args]);
  return JSON.parse(stdout) as Record<string, number>;
}

// Time is scaled: each millisecond that a busy machine holds a process up weighs so many of the ten seconds between calls.
// They wait most of the time, each with a sandbox, a store and processes of its own.
describe.concurrent('small chaos', () => {
  it.each([
    ['redis', '20'],
    ['files', '10'],
  ])('loses no accepted signal over kills, refused calls and an outage: %s', async (store, scale) => {
    // Half of the processes die in a third of so short a run, so more than in a long one is never accepted.
    const size = [
      '--workers',
      '2',
      '--signals',
      '1000',
      '--seconds',
      '6',
      '--kill-every',
      '6',
      '--outage',
      '2',
      '--accepted',
      '0.6',
    ];
    const figures = await chaos('--store', store, '--scale', scale, ...size);
    expect(figures).toMatchObject({ reported: 1_000, refused: 0, machines: 1, pulls: 1 });
  });

  it('sets one poisoned signal aside', async () => {
    expect(await chaos('poison')).toMatchObject({ delivered: 999, setAside: 1 });
  });

  it('sets none aside in hours of refusing everything', async () => {
    expect(await chaos('outage')).toMatchObject({ delivered: 3_000, setAside: 0 });
  });
});
