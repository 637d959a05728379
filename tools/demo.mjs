/** `npm run demo`: builds what the demo needs, then runs it until it is stopped. */
import { runBuilt } from './run-built.mjs';

await runBuilt('the demo', ['@crowdsec-sdk/demo'], ['apps/demo/dist/main.js']);
