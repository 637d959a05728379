import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { reasonOf, run } from '../packages/run.mjs';
import { publishedPackages, ROOT } from '../packages/workspace.mjs';
import { tagProblems } from './check-tag.mjs';
import { trialRelease } from './trial-release.mjs';

/** @import { Job } from './dry.mjs' */

const CHECK = join(ROOT, 'tools/packages/check.mjs');

/**
 * What a release does, without its effects.
 *
 * @param {string} tarballs the folder that has what is published
 * @returns {Job[]}
 */
export function publishJobs(tarballs) {
  return [
    {
      row: 'nx-release',
      run: async (folder, report) => {
        mkdirSync(folder, { recursive: true });
        trialRelease(ROOT, folder, { bump: 'patch', text: 'A trial.' });
        const version = publishedPackages(folder)[0]?.manifest.version ?? '';
        report('versions', tagProblems(`v${version}`, folder).join(' ') || 'ok');
        const command = ['nx', 'release', 'publish', '--dry-run'];
        const outcome = await run('npx', command, { cwd: ROOT, env: { NX_DAEMON: 'false' }, timeoutMs: 600_000 });
        report('publish', outcome.ok ? 'ok' : reasonOf(outcome));
      },
    },
    {
      row: 'publint-attw',
      run: async (_folder, report) => {
        if (!existsSync(CHECK)) throw new Error(`${CHECK} is missing.`);
        const outcome = await run(process.execPath, [CHECK, tarballs], { cwd: ROOT, timeoutMs: 600_000 });
        report('publish', outcome.ok ? 'ok' : reasonOf(outcome));
      },
    },
  ];
}
