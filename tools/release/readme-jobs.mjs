import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../packages/workspace.mjs';
import { profilesOf } from './profiles.mjs';
import { readmeCode } from './readme-code.mjs';
import { runReadme } from './readme-run.mjs';

/**
 * @import { Package } from '../packages/workspace.mjs'
 * @import { Job } from './dry.mjs'
 * @import { Environment } from './readme-run.mjs'
 */

/**
 * The tries of a package's README: one for each version of its framework that is told apart.
 *
 * @param {Package} one
 * @param {Environment} environment
 * @returns {Job[]}
 */
export function readmeJobs({ folder: path }, environment) {
  const name = path.replace('packages/', '');
  return profilesOf(name).map((profile) => ({
    row: [name, profile.label].join(' ').trim(),
    run: async (folder, report) => {
      const code = readmeCode(readFileSync(join(ROOT, path, 'README.md'), 'utf8'));
      if (code.problems.length > 0) throw new Error(code.problems.join(' '));
      if (Object.keys(code.files).length === 0)
        throw new Error('Its README has no block with a title, such as ```ts title="server.ts"```.');
      await runReadme(folder, { code, profile, environment, report });
    },
  }));
}
