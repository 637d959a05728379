import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, makeProject } from '../packages/install.mjs';
import { packPackages } from '../packages/pack.mjs';
import { startRegistry } from '../packages/registry.mjs';
import { startSandboxProcess } from '../packages/sandbox-process.mjs';
import { temporaryFolder } from '../packages/temporary-folder.mjs';
import { isCommand } from '../prerequisites.mjs';
import { startRedis } from '../redis-server.mjs';
import { NotRun } from './cell.mjs';
import { BANNED } from './program.mjs';

/** @typedef {import('./cell.mjs').TestEnvironment} TestEnvironment */

export const PROGRAMS = fileURLToPath(new URL('../packages/programs', import.meta.url));

/** What an application of ours needs, whatever runs it. */
const DEPENDENCIES = {
  '@crowdsec-sdk/core': '^0.1.0',
  '@crowdsec-sdk/express': '^0.1.0',
  '@crowdsec-sdk/hono': '^0.1.0',
  '@crowdsec-sdk/sandbox': '^0.1.0',
  '@keyv/redis': '^5.1.0',
  express: '^5.0.0',
  hono: '^4.0.0',
};

/**
 * Packs the packages, and starts all that the cells share.
 *
 * @param {{ build: boolean }} options
 * @returns {Promise<TestEnvironment & { stop(): Promise<void> }>}
 */
export async function makeTestEnvironment({ build }) {
  // However this ends: when nothing can be packed or installed, and on Ctrl+C.
  const folder = temporaryFolder('crowdsec-runtimes-');
  const registry = await startRegistry(await packPackages(join(folder, 'tarballs'), { build }));
  const application = join(folder, 'application');
  await makeProject(application, { packageJson: { dependencies: DEPENDENCIES }, registry: registry.url });
  await install(application);
  await cp(PROGRAMS, application, { recursive: true });
  const sandbox = await startSandboxProcess({ from: application });
  await sandbox.ban([BANNED]);
  /** @type {ReturnType<typeof startRedis> | undefined} */
  let redis;
  return {
    folder,
    registry: registry.url,
    sandbox,
    application,
    async redis() {
      if (!isCommand('redis-server')) throw new NotRun('redis');
      redis ??= startRedis({ tcp: true });
      return `redis://127.0.0.1:${(await redis).port}`;
    },
    async stop() {
      await Promise.all([sandbox.stop(), registry.stop(), redis?.then((server) => server.dispose(), noRedis)]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The cells that need one have failed. */
function noRedis() {}
