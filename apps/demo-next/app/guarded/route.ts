/** Guarded by the proxy, and once more by itself. */
export { GET } from '../whoami/route';
