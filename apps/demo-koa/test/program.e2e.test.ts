import { fileURLToPath } from 'node:url';
import { adapterConformance, processHost } from '@crowdsec-sdk/conformance';

const cwd = fileURLToPath(new URL('..', import.meta.url));

/**
 * What a process of its own may do otherwise than `conformance.test.ts`, where the same application runs all of the suite. The whole
 * suite against the process is part of `npm run conformance`.
 */
adapterConformance(
  processHost({ adapter: 'demo-koa', peers: true, cwd, command: [process.execPath, 'dist/main.js'] }),
  {
    groups: ['connections', 'events', 'lifecycle'],
  },
);
