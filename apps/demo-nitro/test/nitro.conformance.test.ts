import { fileURLToPath } from 'node:url';
import { adapterConformance, processHost } from '@crowdsec-sdk/conformance';

/** The build's own server, in a process of its own. */
adapterConformance(
  processHost({
    adapter: 'nitro',
    peers: true,
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    command: [process.execPath, '.output/server/index.mjs'],
  }),
);
