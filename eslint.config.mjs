import tseslint from 'typescript-eslint';
import { boundaries } from './tools/eslint/boundaries.mjs';
import { wholeNamespaceOfZod } from './tools/eslint/zod.mjs';

/**
 * The rules of this project. Those of JavaScript and TypeScript, which need types, are Oxlint's (.oxlintrc.json): its checker is native, and
 * takes an eighth of the time that typescript-eslint took for them (docs/adr/0016-what-the-test-run-costs.md). No rule here may ask for types.
 */
export default tseslint.config(
  {
    // Sources have rules of this project; tests and tools have Oxlint's alone.
    ignores: [
      '**/*.{js,mjs,cjs}',
      '**/*.test.ts',
      'tools/**',
      '**/dist/**',
      '**/test-results/**',
      '**/.next/**',
      '**/.nitro/**',
      '**/.output/**',
      '**/.svelte-kit/**',
      '**/.react-router/**',
      'apps/*/build/**',
    ],
  },
  {
    files: ['{packages,apps}/*/{src,app,server}/**/*.{ts,tsx}', 'apps/*/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parser: tseslint.parser, parserOptions: { jsDocParsingMode: 'none' } },
    rules: { 'no-restricted-syntax': ['error', wholeNamespaceOfZod] },
  },
  {
    // A suite of tests is one function that lists them; those of packages/conformance are suites.
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.conformance.ts', 'packages/conformance/**'],
    rules: { 'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }] },
  },
  {
    // Each line that the agent logs has a code, and what it is about as data.
    files: ['packages/core/src/**/*.ts'],
    ignores: ['packages/core/src/logger.ts', 'packages/core/src/injected/contained-logger.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        wholeNamespaceOfZod,
        {
          selector:
            'CallExpression[callee.property.name=/^(debug|info|warn|error)$/][callee.property.type="Identifier"][arguments.length=1]:not([callee.object.name="console"])',
          message: 'Give the line a code: logger.warn(message, { code, … }).',
        },
      ],
    },
  },
  {
    // What differs between Node, Bun and Deno is met in one file each.
    files: ['packages/core/src/**/*.ts'],
    ignores: ['packages/core/src/http/undici.ts', 'packages/core/src/operating-system.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'undici', message: 'Bun answers it with a stand-in: import from http/undici.js.' },
            { name: 'node:os', message: 'It throws where Deno does not permit it: use operating-system.js.' },
            {
              name: 'node:fs/promises',
              importNames: ['access', 'statfs'],
              message: 'Deno asks for a permission of its own for it: use stat().',
            },
          ],
        },
      ],
    },
  },
  ...boundaries,
);
