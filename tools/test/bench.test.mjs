import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runBench } from '../bench/run.mjs';
import { rotated } from '../bench/setup.mjs';

const folder = mkdtempSync(join(tmpdir(), 'crowdsec-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a benchmark', () => {
  it('that fails half way leaves the rows that it printed', () => {
    const script = join(folder, 'failing.mjs');
    writeFileSync(script, `console.log('{"bench":"a"}'); process.stdout.write('{"torn'); process.exitCode = 3;`);

    expect(runBench(script, [])).toEqual({ rows: [{ bench: 'a' }], isComplete: false });
  });

  it('lets another subject begin in each round, and each take part in every round', () => {
    const orders = [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''));

    expect(orders).toEqual(['abc', 'bca', 'cab', 'abc']);
  });
});
