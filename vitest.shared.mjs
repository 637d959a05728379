import { defineConfig } from 'vitest/config';

const KINDS = {
  unit: { include: '{src,test}/**/*.test.{ts,mjs}', exclude: ['**/*.e2e.test.ts', '**/*.conformance.test.ts'] },
  e2e: { include: '{src,test}/**/*.e2e.test.ts', exclude: [] },
  conformance: { include: 'test/*.conformance.test.ts', exclude: [] },
};

/**
 * The test set-up that every package and app shares: tests beside the source (`src/**\/*.test.ts`) and under `test/`,
 * end-to-end tests (`*.e2e.test.ts`) in a run of their own, and a JSON report that the root `npm test` counts. What only
 * `npm run conformance` runs is called `*.conformance.test.ts`.
 *
 * @param {{ alone?: readonly string[], setupFiles?: readonly string[] }} [options] `alone`: unit tests that get a process
 *   of their own, such as those that measure the processor; `setupFiles` run before each file
 */
export function packageTests({ alone = [], setupFiles = [] } = {}) {
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
      // The files of one worker share the modules that they import: loading them anew for each file took a third of the time. What a
      // test changes in the process is put back.
      isolate: false,
      restoreMocks: true,
      unstubEnvs: true,
      unstubGlobals: true,
      maxWorkers: 2,
      reporters: ['default', 'json'],
      outputFile: { json: `test-results/${kind}.json` },
    },
  });
}
