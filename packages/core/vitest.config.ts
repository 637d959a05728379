import { packageTests } from '../../vitest.shared.mjs';
import { keepTemporaryFilesInMemory } from './test/temporary-files.js';

// Workers, and what they start, take it over from this process.
keepTemporaryFilesInMemory();

export default packageTests({
  // It measures processor time, in which collecting the garbage of other files would count.
  alone: ['src/extensions/stopwatch.test.ts'],
  setupFiles: ['./test/forget-secrets.ts'],
  unitWorkers: 2,
});
