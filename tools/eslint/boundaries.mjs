import nx from '@nx/eslint-plugin';
import { publishedPackages } from '../packages/workspace.mjs';

/**
 * Who may import whom, as ESLint rules. Three tables: the kinds of packages, checked on Nx's graph; the entries of core that a kind may
 * use; and the rooms of core, which are folders of one package and are therefore checked by patterns (docs/architecture.md draws them). A
 * room may import the rooms below it; from a room in the same row it may import types only.
 */

/**
 * Kinds of packages (the tags in their package.json), and those that each may import. A project without one of these tags may import
 * none of ours.
 */
const KINDS = {
  core: [],
  sandbox: [],
  adapter: ['core'],
  extension: ['core'],
  testing: ['core', 'sandbox'],
  cli: ['core', 'extension', 'sandbox'],
  // Some are the programs that the conformance suite starts, and read what it hands them.
  app: ['core', 'adapter', 'extension', 'testing', 'sandbox', 'cli'],
};

/** The entries of core beside `.` that are for packages of a kind: what they use of another one is missing in theirs. */
const ENTRIES = { adapter: ['adapter'], extension: ['extension'] };

/**
 * The panel is mounted like an adapter, and a page for operators besides: it reads the ranges that they type.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const MORE_ENTRIES = { 'packages/panel': ['engine'] };

/** What core must never know. */
const FRAMEWORKS = [
  '@nestjs/*',
  'koa',
  'express',
  'fastify',
  'h3',
  'hono',
  'next',
  '@sveltejs/*',
  'react-router',
  'react',
];

/** The rooms of core from top to bottom; rooms in one row stand beside each other. */
const FLOORS = [
  ['composition'],
  ['telemetry'],
  ['captcha'],
  ['extensions', 'bouncer', 'appsec', 'signals', 'refresh', 'lapi'],
  ['remediation', 'sources'],
  ['decisions'],
  ['capi', 'networks'],
  ['store'],
  ['http', 'ip', 'paths', 'injected'],
  ['redaction'],
];

/** @param {string} kind */
const tag = (kind) => `type:${kind}`;

/** @type {import('eslint').Linter.Config} */
const kindRules = {
  files: ['{packages,apps}/*/{src,app}/**/*.ts'],
  ignores: ['**/*.test.ts'],
  plugins: { '@nx': /** @type {import('eslint').ESLint.Plugin} */ (/** @type {unknown} */ (nx)) },
  rules: {
    '@nx/enforce-module-boundaries': [
      'error',
      {
        // Tests of packages use tools, and tools try every package: no circle of code that ships.
        ignoredCircularDependencies: [['*', 'tools']],
        // The command loads core's heavy entries when they are needed, and the light ones at once.
        checkDynamicDependenciesExceptions: ['@crowdsec-sdk/**'],
        depConstraints: Object.entries(KINDS).map(([kind, allowed]) => ({
          sourceTag: tag(kind),
          onlyDependOnLibsWithTags: [kind, ...allowed].map(tag),
          ...(kind === 'core' ? { bannedExternalImports: FRAMEWORKS } : {}),
        })),
      },
    ],
  },
};

const entryRules = publishedPackages().flatMap(({ folder, manifest }) => {
  const tags = /** @type {{ tags?: string[] } | undefined} */ (manifest.nx)?.tags ?? [];
  return Object.entries(ENTRIES)
    .filter(([kind]) => tags.includes(tag(kind)))
    .map(([kind, entries]) => {
      const allowed = [...entries, ...(MORE_ENTRIES[folder] ?? [])];
      return restrict({ files: [`${folder}/src/**/*.ts`], ignores: ['**/*.test.ts'] }, [
        {
          regex: `^@crowdsec-sdk/core/(?!(?:${allowed.join('|')})$)`,
          message: `Of core, an ${kind} uses the entries . and ./${allowed.join(', ./')} (docs/adr/0022-an-entry-for-each-kind-of-reader.md).`,
        },
      ]);
    });
});

const roomRules = FLOORS.flatMap((floor, level) =>
  floor.map((room) => {
    const above = FLOORS.slice(0, level).flat();
    const beside = floor.filter((other) => other !== room);
    const into = (/** @type {string[]} */ rooms) => rooms.flatMap((other) => [`../${other}/*`, `../../${other}/*`]);
    return restrict(
      { files: [`packages/core/src/${room}/**/*.ts`], ignores: ['**/*.test.ts', '**/*.conformance.ts'] },
      [
        {
          group: [...into(above), '../crowdsec.js', '../index.js', '**/entries/*'],
          message: `${room}/ may not look up (docs/architecture.md).`,
        },
        ...(beside.length > 0
          ? [
              {
                group: into(beside),
                allowTypeImports: true,
                message: `${room}/ may only name types of the rooms beside it.`,
              },
            ]
          : []),
      ],
    );
  }),
);

/**
 * @param {{ files: string[], ignores: string[] }} where
 * @param {(({ group: string[] } | { regex: string }) & { message: string, allowTypeImports?: boolean })[]} patterns
 * @returns {import('eslint').Linter.Config}
 */
function restrict(where, patterns) {
  return { ...where, rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] } };
}

export const boundaries = [kindRules, ...entryRules, ...roomRules];
