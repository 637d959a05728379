import { fileURLToPath } from 'node:url';
import { processHost } from '@crowdsec-sdk/conformance';

/** The build's own server, in a process of its own. */
export const host = processHost({
  adapter: 'sveltekit',
  peers: true,
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  command: [process.execPath, 'build/index.js'],
  // Neither what SvelteKit takes for the client nor how much it lets in is what the suite is about.
  env: { ADDRESS_HEADER: 'x-client', BODY_SIZE_LIMIT: 'Infinity' },
});
