import type { OwnRedisClient } from './redis-client.js';

/**
 * A client that the agent opens, and can close at any moment.
 *
 * node-redis forgets the socket that it is just opening when it is closed: it then becomes a connection that nobody holds any more, and the
 * process does not end. So a client is closed once its socket is open, or could not be opened.
 */
export class ClosableRedisClient {
  readonly client: OwnRedisClient;
  #isOpeningSocket = false;
  #isClosed = false;

  constructor(client: OwnRedisClient) {
    this.client = client;
    client.on('reconnecting', () => (this.#isOpeningSocket = true));
    client.on('connect', () => this.#socketSettled());
    client.on('error', () => this.#socketSettled());
  }

  /** Retries without end, unless it is closed. */
  async connect(): Promise<void> {
    this.#isOpeningSocket = true;
    try {
      await this.client.connect();
    } finally {
      this.#socketSettled();
    }
  }

  /** Rejects what waits on the client. */
  close(): void {
    this.#isClosed = true;
    if (!this.#isOpeningSocket) destroy(this.client);
  }

  #socketSettled(): void {
    this.#isOpeningSocket = false;
    if (this.#isClosed) destroy(this.client);
  }
}

/** Some clients throw when they are closed already. */
function destroy(client: OwnRedisClient): void {
  try {
    void Promise.resolve(client.destroy()).catch(() => undefined);
  } catch {
    // Nothing is left to close.
  }
}
