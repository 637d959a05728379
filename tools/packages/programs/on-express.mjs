import { once } from 'node:events';
import { given, steps } from './steps.mjs';

/**
 * Runs the steps in an application on Express.
 *
 * @param {object} modules
 * @param {typeof import('@crowdsec-sdk/express').crowdsecMiddleware} modules.crowdsecMiddleware
 * @param {typeof import('express')} modules.express
 */
export async function onExpress({ crowdsecMiddleware, express }) {
  const told = given();
  const guard = crowdsecMiddleware(told.options);
  const server = express()
    .use(guard)
    .use(express.text({ type: () => true }))
    .post('/', (request, response) => void response.send(request.body))
    .listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  await steps(told, { crowdsec: guard.crowdsec, url: `http://127.0.0.1:${port}/`, close });
}
