import { packageTests } from '../../vitest.shared.mjs';

export default packageTests({
  // It measures processor time, in which collecting the garbage of other files would count.
  alone: ['src/extensions/stopwatch.test.ts'],
  setupFiles: ['./test/forget-secrets.ts'],
  unitWorkers: 2,
});
