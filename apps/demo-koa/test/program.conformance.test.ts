import { fileURLToPath } from 'node:url';
import { adapterConformance, processHost } from '@crowdsec-sdk/conformance';

const cwd = fileURLToPath(new URL('..', import.meta.url));

adapterConformance(processHost({ adapter: 'demo-koa', peers: true, cwd, command: [process.execPath, 'dist/main.js'] }));
