import process from 'node:process';
import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { boundaries } from './tools/eslint/boundaries.mjs';
import { deadlines } from './tools/eslint/deadlines.mjs';
import { wholeNamespaceOfZod } from './tools/eslint/zod.mjs';

/**
 * How types are looked up where one process lints everything: in one program, in which those that packages share are resolved once, in
 * half of the time that a program for each package takes. An editor, and the lint of one package, need that package's program only.
 */
const ONE_PROGRAM = process.env.LINT_AS_ONE_PROGRAM
  ? [
      {
        files: [
          'packages/*/{src,test}/**/*.ts',
          'packages/*/vitest.config.ts',
          'apps/{demo,demo-koa,demo-node-http,prometheus}/**/*.ts',
        ],
        languageOptions: {
          parserOptions: {
            projectService: false,
            project: ['tsconfig.lint.json'],
            tsconfigRootDir: import.meta.dirname,
          },
        },
      },
    ]
  : [];

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/test-results/**',
      '**/node_modules/**',
      '**/public/**',
      '**/.next/**',
      '**/.nitro/**',
      '**/.output/**',
      '**/.svelte-kit/**',
      '**/.react-router/**',
      'apps/*/build/**',
      '**/next-env.d.ts',
      '.nx/**',
      // Projects of users, which are installed and run elsewhere.
      'tools/packages/setups/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Async functions that await nothing reject where they would throw: that is what their type promises.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // Express' own types are extended by a global namespace.
      '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }],
    },
  },
  ...ONE_PROGRAM,
  {
    // Nest's modules are classes without members; that is how the framework names a group of providers.
    files: ['packages/nestjs/**/*.ts', 'packages/panel/**/*.ts', 'apps/demo/**/*.ts'],
    rules: { '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }] },
  },
  {
    // The types of its routes are written by its build, which may not have run.
    files: ['apps/demo-react-router/app/**/*.{ts,tsx}'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    files: ['**/*.test.ts'],
    rules: {
      // Vitest's asymmetric matchers are typed any; a flag that a callback sets looks constant to the checker.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
  {
    // A suite of tests is one function that lists them; those of packages/conformance are suites.
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.conformance.ts', 'packages/conformance/**'],
    rules: { 'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }] },
  },
  { files: ['**/*.{ts,tsx}'], rules: { 'no-restricted-syntax': ['error', wholeNamespaceOfZod] } },
  {
    // Each line that the agent logs has a code, and what it is about as data.
    files: ['packages/core/src/**/*.ts'],
    ignores: ['**/*.test.ts', 'packages/core/src/logger.ts', 'packages/core/src/injected/contained-logger.ts'],
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
    ignores: ['**/*.test.ts', 'packages/core/src/http/undici.ts', 'packages/core/src/operating-system.ts'],
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
  { files: ['**/*.{mjs,cjs}', 'tools/packages/next-application/**/*.js'], languageOptions: { globals: globals.node } },
  {
    // JavaScript whose types are checked: what hangs or is never awaited is found here too.
    files: ['tools/**/*.mjs'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/return-await': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  deadlines,
  ...boundaries,
);
