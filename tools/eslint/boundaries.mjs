import nx from '@nx/eslint-plugin';

/**
 * Who may import whom, as ESLint rules. Two tables: the kinds of packages, checked on Nx's graph, and the rooms of core, which are
 * folders of one package and are therefore checked by patterns (docs/architecture.md draws them). A room may import
 * the rooms below it; from a room in the same row it may import types only.
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
  app: ['core', 'adapter', 'extension', 'sandbox', 'cli'],
};

/** What core must never know. */
const FRAMEWORKS = ['@nestjs/*', 'koa', 'express', 'fastify', 'h3', 'hono', 'next', 'react'];

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
  ['http', 'ip'],
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
        depConstraints: Object.entries(KINDS).map(([kind, allowed]) => ({
          sourceTag: tag(kind),
          onlyDependOnLibsWithTags: [kind, ...allowed].map(tag),
          ...(kind === 'core' ? { bannedExternalImports: FRAMEWORKS } : {}),
        })),
      },
    ],
  },
};

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
 * @param {{ group: string[], message: string, allowTypeImports?: boolean }[]} patterns
 * @returns {import('eslint').Linter.Config}
 */
function restrict(where, patterns) {
  return { ...where, rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] } };
}

export const boundaries = [kindRules, ...roomRules];
