import { Duplex } from 'node:stream';

/** @import { Server } from 'node:http' */

const CONNECTIONS = 8;
const VISITORS = 256;
/** Enough for what is done once for several requests to be in each round. */
const REQUESTS_A_ROUND = 64;

/** Requests as a proxy on this host hands them on. Every one of a connection comes from another client. */
const requests = Array.from({ length: VISITORS }, (_, i) =>
  Buffer.from(
    'GET /hello HTTP/1.1\r\nhost: localhost\r\naccept: text/html,*/*;q=0.8\r\nuser-agent: bench\r\n' +
      `x-forwarded-for: 10.${i & 255}.${(i * 7) & 255}.9\r\n\r\n`,
  ),
);

/** The server's side of a connection without a socket: the kernel's share, which nobody here can change, hides what is looked for. */
class Connection extends Duplex {
  /** @type {((head: string) => void) | undefined} called with the beginning of each answer */
  answered;

  get remoteAddress() {
    return '127.0.0.1';
  }

  setTimeout() {
    return this;
  }

  setNoDelay() {
    return this;
  }

  setKeepAlive() {
    return this;
  }

  /** @override */
  _read() {}

  /**
   * @override
   * @param {Buffer | string} chunk
   * @param {string} _encoding
   * @param {() => void} written
   */
  _write(chunk, _encoding, written) {
    written();
    const head = typeof chunk === 'string' ? chunk.slice(0, 12) : chunk.toString('latin1', 0, 12);
    // The body may come as a piece of its own.
    if (head.startsWith('HTTP/1.1')) this.answered?.(head);
  }
}

/**
 * Hands requests to a server of this process, eight at a time, on connections that are kept alive.
 *
 * @param {Server} server
 * @returns {(rounds: number) => Promise<number>} the time of a request in µs, over so many rounds of 64 requests: of the rounds the lowest
 * quarter's highest, since whatever else the machine does only adds to one; 0 for none. Rejects when one was not answered by 200.
 */
export function loadInProcess(server) {
  const connections = Array.from({ length: CONNECTIONS }, () => {
    const connection = new Connection();
    server.emit('connection', connection);
    return connection;
  });
  let next = 0;
  /** @returns {Promise<void>} */
  const batch = () =>
    new Promise((resolve, reject) => {
      let open = connections.length;
      for (const connection of connections) {
        connection.answered = (head) => {
          if (!head.endsWith('200')) reject(new Error(`answered ${head}`));
          // What the server does after the answer is done before the next batch begins.
          if (--open === 0) setImmediate(() => setImmediate(resolve));
        };
        connection.push(requests[next++ % VISITORS]);
      }
    });
  return async (rounds) => {
    const times = [];
    for (let round = 0; round < rounds; round++) {
      const start = process.hrtime.bigint();
      for (let asked = 0; asked < REQUESTS_A_ROUND; asked += CONNECTIONS) await batch();
      times.push(Number(process.hrtime.bigint() - start) / 1000 / REQUESTS_A_ROUND);
    }
    return times.sort((a, b) => a - b)[rounds >> 2] ?? 0;
  };
}
