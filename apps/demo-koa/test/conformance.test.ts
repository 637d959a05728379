import { adapterConformance, nodeHost } from '@crowdsec-sdk/conformance';
import { createApp } from '../src/app.js';

/** The Koa adapter in this process, where options may hold functions; `conformance.e2e.test.ts` runs the program. */
adapterConformance(
  nodeHost('koa', (crowdsec) => {
    const app = createApp(crowdsec);
    // Not what the SDK goes by: were it, anybody could name an address.
    app.proxy = true;
    const answer = app.callback();
    return (request, response) => void answer(request, response);
  }),
);
