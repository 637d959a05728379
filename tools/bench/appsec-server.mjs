import { createServer } from 'node:http';
import process from 'node:process';

/** An AppSec that allows everything, for `appsec.mjs`: it tells its port. */
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('{"action":"allow","http_status":200}');
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.(address.port);
});
