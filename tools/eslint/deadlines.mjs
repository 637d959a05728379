const message =
  'Up to Node 22.18 nothing holds what this makes: a garbage collection takes the timer along. Use packages/core/src/deadline.ts.';

/**
 * Deadlines rest on timers that something holds, in code of ours and in tools alike.
 *
 * @type {import('eslint').Linter.Config}
 */
export const deadlines = {
  files: ['**/*.{ts,tsx,mjs}'],
  rules: {
    'no-restricted-properties': [
      'error',
      ...['timeout', 'any'].map((property) => ({ object: 'AbortSignal', property, message })),
    ],
  },
};
