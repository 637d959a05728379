import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { build } from '../build.mjs';

const folder = mkdtempSync(join(tmpdir(), 'crowdsec-build-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * A build in place of Nx.
 *
 * @param {string} name
 * @param {string} script
 */
function command(name, script) {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, script);
  return [process.execPath, file];
}

describe('a build', () => {
  it('tells what it does before it begins, and of each project while others are being built', async () => {
    /** @type {string[]} */
    const told = [];
    const go = join(folder, 'go');
    const built = build({
      what: 'the demo',
      projects: [],
      tell: (line) => told.push(line),
      command: command(
        'slow',
        `import { existsSync } from 'node:fs';
        console.log('\\n NX   Running target build\\n\\n✔  nx run @crowdsec-sdk/core:build');
        const timer = setInterval(() => existsSync(${JSON.stringify(go)}) && clearInterval(timer), 10);`,
      ),
    });
    expect(told).toEqual([expect.stringMatching(/^Building the demo: .+ the first time/)]);
    await expect.poll(() => told.slice(1)).toEqual(['  @crowdsec-sdk/core']);
    expect(existsSync(go)).toBe(false);
    writeFileSync(go, '');
    expect(await built).toBe(true);
    expect(told.at(-1)).toMatch(/^Built in \d+ s\.$/);
  });

  it('that fails tells all that it printed', async () => {
    /** @type {string[]} */
    const told = [];
    const script = `console.log('src/a.ts(1,1): error TS1005'); console.error('and why'); process.exitCode = 3;`;
    const options = { what: 'it', projects: [], tell: (/** @type {string} */ line) => told.push(line) };
    expect(await build({ ...options, command: command('failing', script) })).toBe(false);
    expect(told).toEqual(expect.arrayContaining(['src/a.ts(1,1): error TS1005', 'and why', 'The build ended with 3.']));
  });

  it('that cannot begin says why', async () => {
    /** @type {string[]} */
    const told = [];
    const options = { what: 'it', projects: [], tell: (/** @type {string} */ line) => told.push(line) };
    expect(await build({ ...options, command: [join(folder, 'nowhere')] })).toBe(false);
    expect(told.at(-1)).toContain('ENOENT');
  });
});
