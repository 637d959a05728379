import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

it.each([['packages/check.mjs', '--built'], ['runtimes.mjs', '--no-build'], ['release/dry.mjs']])(
  '%s ends what it has started and leaves no folder behind when it is interrupted',
  async (file, ...args) => {
    const [folder, commands] = ['crowdsec-leftovers-', 'crowdsec-commands-'].map((name) =>
      mkdtempSync(join(tmpdir(), name)),
    );
    const pidFile = join(commands, 'pid');
    // Neither packs or builds anything, nor ends by itself.
    for (const name of ['npm', 'npx'])
      writeFileSync(join(commands, name), `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 600\n`, { mode: 0o755 });
    const tool = spawn(process.execPath, [join(ROOT, 'tools', file), ...args], {
      cwd: ROOT,
      stdio: 'ignore',
      env: { PATH: `${commands}:/usr/bin:/bin`, TMPDIR: folder },
    });
    const exit = once(tool, 'exit');
    let pid = 0;
    onTestFinished(() => {
      tool.kill('SIGKILL');
      if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
      for (const one of [folder, commands]) rmSync(one, { recursive: true, force: true });
    });
    await expect
      .poll(() => (pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0), { timeout: 30_000 })
      .toBeGreaterThan(0);
    tool.kill('SIGINT');
    tool.kill('SIGINT');
    expect(await exit).toEqual([1, null]);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  },
);

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
