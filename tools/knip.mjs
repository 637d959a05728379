import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, workspacePackages } from './packages/workspace.mjs';

/** @import { Export, Manifest } from './packages/workspace.mjs' */

/** Code that a package's tests start by path. */
const TESTS = ['{src,test}/**/*.test.ts', 'test/**/*-{process,worker,server,child}.{ts,mjs}'];

/** Code of the tools that is started or imported by a name that only exists at run time. */
const TOOLS = [
  'tools/*.mjs',
  'tools/test/**/*.test.mjs',
  'tools/bench/!(data|setup).mjs',
  'tools/chaos/!(agent|scaled-time|store-watcher|workers|test-environment|lapi-proxy).mjs',
  'tools/packages/{build-commonjs,remove-stale,import-effects,sandbox-server}.mjs',
  'tools/packages/{programs,setups,bundled,commonjs}/**/*.{mjs,cjs}',
];

/** What is used, but not by an import. */
const DEPENDENCIES = {
  // `nx release` loads the first by its name, and Oxlint the last; tools/packages/programs use the others, in projects of their own.
  '.': [
    '@nx/js',
    '@nestjs/core',
    '@nestjs/schedule',
    '@nestjs/terminus',
    '@nestjs/platform-express',
    'oxlint-tsgolint',
  ],
  'apps/demo-node-http': ['@crowdsec-sdk/sandbox'], // tools/with-sandbox.mjs starts it
  'apps/demo-nitro': ['@crowdsec-sdk/sandbox'],
  'apps/demo-react-router': ['@crowdsec-sdk/sandbox'],
  'apps/demo-sveltekit': ['@crowdsec-sdk/sandbox'],
  'apps/demo': ['axe-core'], // a test reads its file
  'apps/prometheus': ['@crowdsec-sdk/demo'], // its test starts the demo's built file
  'packages/core': ['keyv'], // the version that most tests run on
  'packages/cli': ['undici'], // the bundle leaves core's import of it as it is
  'packages/panel': ['uplot', 'axe-core'], // files of theirs are served, or read by a test
};

/** What the browser's code of the panel imports from the server. */
const SERVED = ['./uplot.js'];
/** What SvelteKit writes when it builds. */
const GENERATED = [/\$types$/];

/**
 * The sources of what a package exports or runs.
 *
 * @param {Manifest} manifest
 */
function sourcesOf({ exports = {}, bin = {} }) {
  const built = [...Object.values(exports).flatMap(targets), ...Object.values(bin)];
  const sources = built
    .map((file) => file.replace(/^\.\//, ''))
    .filter((file) => /^(?:dist|public)\//.test(file) && !file.startsWith('dist/cjs/'))
    .map((file) => file.replace(/^dist\//, 'src/').replace(/(?:\.d)?\.[jt]s$/, '.ts'));
  return [...new Set(sources)];
}

/**
 * @param {Export} target
 * @returns {string[]}
 */
function targets(target) {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(targets);
}

const APPS = ['vitest.config.ts', 'src/main.ts', 'src/instrumentation.ts', 'src/cli.ts', 'public/*.js'];

/** `npm run unused`: files, exports and dependencies that nobody uses. */
export default {
  treatConfigHintsAsErrors: false,
  workspaces: {
    '.': { entry: TOOLS, ignoreDependencies: DEPENDENCIES['.'] },
    ...Object.fromEntries(
      workspacePackages().map(({ folder, manifest }) => [
        folder,
        {
          entry: [...sourcesOf(manifest), ...APPS, ...TESTS].filter((entry) => hasMatch(folder, entry)),
          ignoreUnresolved: [...SERVED, ...GENERATED],
          // Its configuration can't be loaded before a build has written what it extends.
          ...(folder === 'apps/demo-sveltekit' ? { vitest: false, vite: false } : {}),
          ignoreDependencies: /** @type {Record<string, string[]>} */ (DEPENDENCIES)[folder] ?? [],
        },
      ]),
    ),
  },
  // Declarations beside the JavaScript of tools say what it exports.
  // Set-ups are projects of their own.
  ignore: ['.nx/**', '**/.next/**', '**/*.d.mts', 'tools/packages/{setups,next-application}/**'],
  // Programs of the system.
  ignoreBinaries: ['openssl', 'dpkg', 'apt-get', 'redis-server', 'fish'],
  // Types that a signature names are exported with it, so that declarations are readable.
  ignoreExportsUsedInFile: { interface: true, type: true },
};

/**
 * Plain paths are left out where they are absent; patterns may match nothing.
 *
 * @param {string} folder
 * @param {string} entry
 */
function hasMatch(folder, entry) {
  return entry.includes('*') || existsSync(join(ROOT, folder, entry));
}
