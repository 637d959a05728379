import { accessSync, constants, statfsSync } from 'node:fs';
import process from 'node:process';
import { defineConfig } from 'vitest/config';

const KINDS = {
  unit: { include: '{src,test}/**/*.test.{ts,mjs}', exclude: ['**/*.e2e.test.ts', '**/*.conformance.test.ts'] },
  e2e: { include: '{src,test}/**/*.e2e.test.ts', exclude: [] },
  conformance: { include: 'test/*.conformance.test.ts', exclude: [] },
};

/** A file system in memory, which Linux has. */
const IN_MEMORY = '/dev/shm';
/** What all files of tests hold at once is a part of this, in bytes; some containers have only 64 MiB there. */
const ENOUGH_BYTES = 1 << 30;

const BUILT_PACKAGE = /\/packages\/[^/]+\/dist\//;

/**
 * The test set-up that every package and app shares: tests beside the source (`src/**\/*.test.ts`) and under `test/`,
 * end-to-end tests (`*.e2e.test.ts`) in a run of their own, and a JSON report that the root `npm test` counts. What only
 * `npm run conformance` runs is called `*.conformance.test.ts`.
 *
 * @param {{ alone?: readonly string[], setupFiles?: readonly string[], unitWorkers?: number }} [options] `alone`: unit
 *   tests that get a process of their own, such as those that measure the processor; `setupFiles` run before each file;
 *   `unitWorkers`: how many processes share the files of unit tests, 1 by default
 */
export function packageTests({ alone = [], setupFiles = [], unitWorkers = 1 } = {}) {
  // Workers, and what they start, take it over from this process.
  keepTemporaryFilesInMemory();
  const { TEST_KIND } = process.env;
  const kind = TEST_KIND === 'e2e' || TEST_KIND === 'conformance' ? TEST_KIND : 'unit';
  const isUnit = kind === 'unit';
  const together = {
    include: [KINDS[kind].include],
    exclude: [...KINDS[kind].exclude, ...(isUnit ? alone : [])],
  };
  const hasProjects = isUnit && alone.length > 0;
  return defineConfig({
    test: {
      ...(hasProjects
        ? {
            projects: [
              { extends: true, test: { ...together, name: 'together' } },
              { extends: true, test: { include: [...alone], name: 'alone', isolate: true } },
            ],
          }
        : together),
      setupFiles: [...setupFiles],
      testTimeout: isUnit ? 60_000 : 240_000,
      hookTimeout: isUnit ? 60_000 : 240_000,
      pool: 'forks',
      // Built packages are loaded as applications load them. As links they would be taken for sources, and transformed.
      server: { deps: { external: [BUILT_PACKAGE] } },
      // The files of one worker share the modules that they import: loading them anew for each file took a third of the time. What a
      // test changes in the process is put back.
      isolate: false,
      // A second, as by default, is soon over where other packages are tested beside these.
      expect: { poll: { timeout: 20_000 } },
      restoreMocks: true,
      unstubEnvs: true,
      unstubGlobals: true,
      // Each worker imports what it tests anew, which costs small packages more than a second one saves, where those of other packages
      // run beside it. End-to-end tests wait for most of their time.
      maxWorkers: isUnit ? unitWorkers : 2,
      reporters: ['default', 'json'],
      outputFile: { json: `test-results/${kind}.json` },
    },
  });
}

/**
 * Has this process, and those that it starts, put their temporary files into memory where there is room, unless `TMPDIR` says where to. The
 * stores write each change through to the disk: on a common disk tests would wait for that half of their time.
 */
function keepTemporaryFilesInMemory() {
  if (process.env.TMPDIR === undefined && hasRoom()) process.env.TMPDIR = IN_MEMORY;
}

function hasRoom() {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}
