import { createServer } from 'node:http';
import process from 'node:process';
import { portOf } from '../port-of.mjs';

/** An AppSec that allows everything, for `appsec.mjs`: it tells its port. */
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('{"action":"allow","http_status":200}');
});
server.listen(0, '127.0.0.1', () => process.send?.(portOf(server)));
