import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { install, makeProject, withoutNpm } from '../packages/install.mjs';
import { run, runOrThrow, reasonOf } from '../packages/run.mjs';
import { runProgram } from './program.mjs';

/**
 * @typedef {import('./cell.mjs').Cell} Cell
 * @typedef {import('./cell.mjs').TestEnvironment} TestEnvironment
 */

/**
 * Makes one file, minified, of an entry and all that it imports.
 *
 * @typedef {object} Bundler
 * @property {string} row
 * @property {(entry: string, bundle: string) => { call: readonly string[], env?: Record<string, string> }[]} commands one after the other;
 *   the first word is a command of the project
 */

const BUNDLED = fileURLToPath(new URL('../packages/bundled', import.meta.url));

/** Neither `maxmind` nor `@keyv/redis`, which core takes where they are there. */
const PACKAGE_JSON = {
  dependencies: { '@crowdsec-sdk/core': '^0.1.0', '@crowdsec-sdk/express': '^0.1.0', express: '^5.0.0' },
  devDependencies: {
    '@rollup/plugin-commonjs': '>=28',
    '@rollup/plugin-json': '^6.0.0',
    '@rollup/plugin-node-resolve': '>=16',
    esbuild: '>=0.25',
    rollup: '^4.0.0',
    webpack: '^5.0.0',
    'webpack-cli': '>=6',
  },
};

/** What Rollup needs for applications on Node: its usual plugins. */
const ROLLUP_PLUGINS = [
  'node-resolve={preferBuiltins:true,exportConditions:["node"]}',
  // undici asks for it where it is needed, and Node before 22.13 has none.
  'commonjs={ignore:["node:sqlite"]}',
  'json',
].flatMap((plugin) => ['-p', plugin]);

/** @type {readonly Bundler[]} */
const BUNDLERS = [
  {
    row: 'webpack',
    commands: (entry, bundle) => [
      {
        call: ['webpack', '--config', 'webpack.config.cjs'],
        env: { ENTRY: `./${entry}`, BUNDLE: bundle, FOLDER: dirname(bundle) },
      },
    ],
  },
  { row: 'esbuild', commands: (entry, bundle) => [esbuild(entry, bundle)] },
  {
    row: 'Rollup',
    commands: (entry, bundle) => [
      {
        call: [
          'rollup',
          entry,
          '--format',
          'cjs',
          '--file',
          `${bundle}.raw.cjs`,
          '--inlineDynamicImports',
          ...ROLLUP_PLUGINS,
        ],
      },
      esbuild(`${bundle}.raw.cjs`, bundle),
    ],
  },
];

const ENTRIES = {
  application: 'express.mjs',
  '`createCrowdsec`': 'agent.mjs',
  '`isPublicIp` of `./engine`': 'light.mjs',
};

/**
 * @param {string} entry
 * @param {string} bundle
 */
function esbuild(entry, bundle) {
  return {
    call: ['esbuild', entry, '--bundle', '--minify', '--platform=node', '--format=cjs', `--outfile=${bundle}`],
  };
}

/**
 * An application by each bundler, and the size of a bundle with one import.
 *
 * @returns {Cell[]}
 */
export function bundlerCells() {
  /** @type {Promise<string> | undefined} */
  let project;
  return BUNDLERS.flatMap((bundler) =>
    Object.entries(ENTRIES).map(([column, entry]) => ({
      group: 'Bundlers',
      row: bundler.row,
      column,
      async run(environment) {
        project ??= makeBundled(environment);
        const bundle = await makeBundle(bundler, { project: await project, entry, environment });
        const cwd = dirname(bundle);
        if (column === 'application') await runProgram(environment, { cwd, call: [process.execPath, bundle] });
        else await expectFunction(bundle);
        return size(await readFile(bundle));
      },
    })),
  );
}

/** @param {TestEnvironment} environment */
async function makeBundled({ folder, registry, application }) {
  const project = join(folder, 'bundled');
  await makeProject(project, { packageJson: PACKAGE_JSON, registry });
  await install(project);
  for (const file of ['express.mjs', 'on-express.mjs', 'steps.mjs'])
    await cp(join(application, file), join(project, file));
  await cp(BUNDLED, project, { recursive: true });
  return project;
}

/**
 * @param {Bundler} bundler
 * @param {{ project: string, entry: string, environment: TestEnvironment }} where
 * @returns {Promise<string>} the path of the bundle, in a folder of its own
 */
async function makeBundle({ commands }, { project, entry, environment }) {
  const bundle = join(await mkdtemp(join(environment.folder, 'bundle-')), 'bundle.cjs');
  for (const { call, env } of commands(entry, bundle)) {
    const { output } = await runOrThrow(join(project, 'node_modules/.bin', call[0]), call.slice(1), {
      cwd: project,
      timeoutMs: 280_000,
      env: { ...withoutNpm(), ...env },
    });
    // Rollup knows the built-in modules of the Node that runs it, and leaves newer ones where they are.
    const unresolved = /can't resolve .*|could not resolve .*|^.*\(imported by (?!.*node:).*/im.exec(output);
    if (unresolved !== null) throw new Error(`An import could not be resolved: ${unresolved[0]}`);
  }
  return bundle;
}

/** @param {string} bundle */
async function expectFunction(bundle) {
  const outcome = await run(process.execPath, [bundle], { cwd: dirname(bundle) });
  if (!outcome.ok || outcome.stdout.trim() !== 'function') throw new Error(`The bundle ${reasonOf(outcome)}`);
}

/** @param {Buffer} bundle */
function size(bundle) {
  const kilobytes = (/** @type {number} */ bytes) => `${Math.ceil(bytes / 1_000)} kB`;
  return `${kilobytes(bundle.length)}, ${kilobytes(gzipSync(bundle).length)} gzipped`;
}
