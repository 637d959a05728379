/**
 * A plugin of Nx: the scripts of packages and apps are targets whose commands Nx runs itself. By default it would start a process for each, and
 * npm in that one, which takes 0.6 s of processor time every time. Each `package.json` has `nx.includedScripts: []`, so that Nx takes its
 * scripts from here alone.
 *
 * @import { CreateNodesV2, TargetConfiguration } from '@nx/devkit'
 */
import { createNodesFromFiles, readJsonFile } from '@nx/devkit';
import { dirname, join } from 'node:path';

/** @type {CreateNodesV2} */
export const createNodesV2 = [
  '{packages,apps}/*/package.json',
  (files, options, context) =>
    createNodesFromFiles(
      (file) => ({ projects: { [dirname(file)]: { targets: targetsOf(context.workspaceRoot, file) } } }),
      files,
      options,
      context,
    ),
];

/**
 * @param {string} root
 * @param {string} file
 * @returns {Record<string, TargetConfiguration>}
 */
function targetsOf(root, file) {
  /** @type {{ scripts?: Record<string, string> }} */
  const { scripts = {} } = readJsonFile(join(root, file));
  const target = (/** @type {string} */ command) => ({
    executor: 'nx:run-commands',
    options: { command, cwd: dirname(file) },
  });
  return Object.fromEntries(Object.entries(scripts).map(([name, command]) => [name, target(command)]));
}
