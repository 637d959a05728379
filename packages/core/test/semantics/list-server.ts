import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Lists } from './steps.js';

export interface ListServer extends AsyncDisposable {
  readonly url: string;
  /** What the lists answer from now on; a list that is not there is 404. */
  lists: Lists;
  /** What was asked for: `name:status`, with `+IMS` when `If-Modified-Since` came along. */
  readonly requests: string[];
}

/** Serves lists over real HTTP. */
export async function startListServer(): Promise<ListServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const name = request.url!.replace('/list/', '');
    const found = result.lists[name] ?? { status: 404 };
    const list = typeof found === 'string' ? { body: found } : found;
    const isConditional = request.headers['if-modified-since'] !== undefined;
    const status = list.ims304 === true ? (isConditional ? 304 : 200) : (list.status ?? 200);
    requests.push(`${name}:${list.reset === true ? 'RST' : status}${isConditional ? '+IMS' : ''}`);
    if (list.reset === true) request.socket.destroy();
    else response.writeHead(status).end(list.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const result: ListServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lists: {},
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return result;
}
