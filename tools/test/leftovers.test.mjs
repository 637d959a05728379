import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it.each([
  ['packages/check.mjs', '--built'],
  ['runtimes.mjs', '--no-build'],
])('%s fails where it can not pack, and leaves no folder behind', (file, ...args) => {
  const folder = mkdtempSync(join(tmpdir(), 'crowdsec-leftovers-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools', file), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    // There is no npm.
    env: { PATH: folder, TMPDIR: folder },
    timeout: 30_000,
  });
  expect(stderr).toContain('ENOENT');
  expect(status).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});
