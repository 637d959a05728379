import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HangingServer extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
}

/**
 * A server that takes each request and never ends its answer: below `/silent` it says nothing at all, below `/dribble` it sends the
 * head of an answer at once and then a byte of its body every 50 ms.
 */
export async function hangingServer(): Promise<HangingServer> {
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    request.resume();
    if (!request.url?.startsWith('/dribble')) return;
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 50);
    timers.add(timer);
    response.once('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
