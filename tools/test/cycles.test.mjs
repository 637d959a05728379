import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'crowdsec-cycles-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** @param {Record<string, string>} files */
function check(files) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const args = ['--config', 'tools/dependency-cruiser.mjs', '--output-type', 'err', folder];
  return spawnSync(join(ROOT, 'node_modules/.bin/depcruise'), args, { cwd: ROOT, encoding: 'utf8' });
}

describe('the check for import circles', () => {
  it('finds a circle that consists of types alone', () => {
    const { status, stdout } = check({
      'a.ts': `import type { B } from './b.js';\nexport interface A { b: B }\n`,
      'b.ts': `import type { A } from './a.js';\nexport interface B { a: A }\n`,
    });

    expect(stdout).toContain('no-circular');
    expect(status).not.toBe(0);
  });

  it('passes modules that import each other in one direction', () => {
    const { status, stdout } = check({
      'a.ts': `import type { B } from './b.js';\nexport interface A { b: B }\n`,
      'b.ts': `export interface B { a: string }\n`,
    });

    expect(stdout).toContain('no dependency violations');
    expect(status).toBe(0);
  });
});
