import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { workspacePackages } from '../packages/workspace.mjs';

/** What `nx release` reads and writes, beside the manifests of packages and apps. */
const FILES = ['package.json', 'package-lock.json', 'nx.json', '.gitignore', '.npmrc', 'CHANGELOG.md'];
const TOOLS = ['tools/project.json', 'tools/generators/package.json', 'tools/nx/scripts-as-commands.mjs'];

/**
 * Runs a release to its end, all but the publishing, in a repository of its own that has only the manifests of this one: versions,
 * ranges, lockfile, changelog, commit and tag are there to be looked at, and this repository is left alone. No network is used.
 *
 * @param {string} root of the workspace
 * @param {string} folder an empty one for the trial
 * @param {{ bump: 'patch' | 'minor' | 'major', text: string }} plan the version plan that is released
 * @returns {{ git: (...args: string[]) => string }} `git` runs in the folder and returns what it printed
 */
export function trialRelease(root, folder, { bump, text }) {
  for (const file of [...FILES, ...TOOLS, ...workspacePackages(root).map((one) => `${one.folder}/package.json`)]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const git = (/** @type {string[]} */ ...args) => run('git', args, folder);
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.name', 'Trial');
  git('config', 'user.email', 'trial@localhost');
  mkdirSync(join(folder, '.nx/version-plans'), { recursive: true });
  writeFileSync(join(folder, '.nx/version-plans/trial.md'), `---\n__default__: ${bump}\n---\n\n${text}\n`);
  git('add', '--all');
  git('commit', '--quiet', '--message', 'The manifests as they are, and a version plan');
  run(process.execPath, [join(root, 'node_modules/nx/dist/bin/nx.js'), 'release', '--skip-publish'], folder);
  return { git };
}

/**
 * Fails with all that the command printed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const env = { ...process.env, NX_DAEMON: 'false', NPM_CONFIG_OFFLINE: 'true' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
  return stdout;
}
