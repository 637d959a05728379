/** Tools for tests of applications that use the SDK, and of the SDK itself. */
export { manualTime, type ManualTime } from './manual-time.js';
