import { fileURLToPath, URL } from 'node:url';
import { crowdsecMiddleware } from '@crowdsec-sdk/react-router';
import { createRequestHandler } from '@react-router/express';
import express from 'express';

/**
 * What `react-router build` has made.
 *
 * @type {import('react-router').ServerBuild}
 */
const build = await import(new URL('build/server/index.js', import.meta.url).href);

/**
 * The server: CrowdSec first, then assets and pages that were rendered before, then React Router.
 *
 * @param {import('@crowdsec-sdk/core').Crowdsec} crowdsec
 */
export function createApp(crowdsec) {
  const guard = crowdsecMiddleware(crowdsec);
  const app = express();
  app.disable('x-powered-by');
  app.use(guard);
  // Another guard of the same agent, which judges nobody twice.
  app.use('/guarded', crowdsecMiddleware(crowdsec));
  app.use(express.static(fileURLToPath(new URL('build/client', import.meta.url))));
  app.use(createRequestHandler({ build, mode: 'production', getLoadContext: guard.getLoadContext }));
  return app;
}
