/**
 * Who may import whom, as ESLint rules. Two tables: the packages of the repository, and the rooms of core (docs/architecture.md
 * draws them). A room knows the rooms below it; what stands beside it, it may name in a type only.
 */

/**
 * Packages of ours that each kind may import, besides itself. A kind that is not listed here may not be imported at all.
 *
 * @type {Record<string, string[]>}
 */
const PACKAGES = {
  'packages/core': [],
  'packages/sandbox': [],
  'packages/nestjs': ['core'],
  'packages/express': ['core'],
  'packages/fastify': ['core'],
  'packages/hono': ['core'],
  'packages/koa': ['core'],
  'packages/next': ['core'],
  'packages/scenarios': ['core'],
  'packages/example-extension': ['core'],
  'packages/conformance': ['core', 'sandbox'],
  'apps/demo-koa': ['core', 'koa'],
  'apps/demo-next': ['core', 'next'],
  'apps/demo': ['core', 'nestjs', 'sandbox', 'scenarios'],
};

/** What core must never know. */
const FRAMEWORKS = ['@nestjs/*', 'koa', 'express', 'fastify', 'hono', 'next', 'next/*', 'react'];

/** The rooms of core from top to bottom; rooms in one row stand beside each other. */
const FLOORS = [
  ['extensions', 'bouncer', 'signals', 'refresh'],
  ['remediation', 'sources'],
  ['decisions'],
  ['capi'],
  ['store'],
  ['ip'],
];

const ours = (/** @type {string} */ name) => [`@crowdsec-sdk/${name}`, `@crowdsec-sdk/${name}/*`];
const allPackages = [...new Set(Object.keys(PACKAGES).map((path) => path.split('/')[1]))];

const packageRules = Object.entries(PACKAGES).map(([path, allowed]) => {
  const self = path.split('/')[1];
  const forbidden = allPackages.filter((name) => name !== self && !allowed.includes(name)).flatMap(ours);
  const frameworks = path === 'packages/core' ? FRAMEWORKS : [];
  return restrict({ files: [`${path}/src/**/*.ts`], ignores: ['**/*.test.ts'] }, [
    { group: [...forbidden, ...frameworks], message: `${path} may not depend on this (tools/eslint/boundaries.mjs).` },
  ]);
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
          group: [...into(above), '../crowdsec.js', '../index.js'],
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
        { group: FRAMEWORKS, message: 'core knows no framework.' },
        {
          group: allPackages.filter((name) => name !== 'core').flatMap(ours),
          message: 'core depends on no other package of ours.',
        },
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

export const boundaries = [...packageRules, ...roomRules];
