import { subscribe } from 'node:diagnostics_channel';
import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Is told the status of a response that was sent, or whose connection closed after its head was. */
type Answered = (status: number) => void;

/** The connections of servers of `node:http`, with what is not answered yet and who wants to hear of it. */
interface Connection extends Socket {
  /** Reads the requests; connections of HTTP/2 and made-up ones have none. */
  readonly parser?: object | null;
  [PENDING]?: PendingAnswers;
}

const PENDING = Symbol('crowdsec.pending-answers');

/** Responses that are not over, and the callback of each, at the same index. */
class PendingAnswers {
  readonly #responses: ServerResponse[] = [];
  readonly #answered: Answered[] = [];

  add(response: ServerResponse, answered: Answered): void {
    this.#responses.push(response);
    this.#answered.push(answered);
  }

  /** Calls the callbacks of a response that was sent. */
  sent(response: ServerResponse): void {
    const responses = this.#responses;
    // The only one, unless requests were sent without waiting for the answers, or several agents listen.
    if (responses.length === 1 && responses[0] === response) {
      responses.pop();
      this.#answered.pop()!(read(response, 'statusCode'));
      return;
    }
    for (let i = 0; i < responses.length;) {
      if (responses[i] === response) this.#remove(i)(read(response, 'statusCode'));
      else i++;
    }
  }

  /** Calls the callbacks of those whose heads were sent: nothing follows any more. */
  closed(): void {
    while (this.#responses.length > 0) {
      const response = this.#responses[0]!;
      const answered = this.#remove(0);
      if (read(response, 'headersSent')) answered(read(response, 'statusCode'));
    }
  }

  #remove(index: number): Answered {
    this.#responses.splice(index, 1);
    return this.#answered.splice(index, 1)[0]!;
  }
}

/**
 * Tells the status of a response once it is over. It listens to what Node tells of all responses, and to each connection: a listener for each response
 * would take 5 µs in Express, where every response has a hidden class of its own, see `isReshaped`.
 *
 * @returns false when it can't tell: of responses that no HTTP/1 server of Node has made
 */
export function whenAnswered(response: ServerResponse, answered: Answered): boolean {
  const request = read(response, 'req') as ServerResponse['req'] | undefined;
  // A request that has another prototype belongs to a response that has another one.
  const connection =
    request && ((isPlain(response) ? request.socket : Reflect.get(request, 'socket')) as Connection | undefined);
  if (connection?.parser === undefined || connection.parser === null) return false;
  (connection[PENDING] ?? follow(connection)).add(response, answered);
  return true;
}

let isSubscribed = false;

function follow(connection: Connection): PendingAnswers {
  if (!isSubscribed) subscribe('http.server.response.finish', sent as (message: unknown) => void);
  isSubscribed = true;
  const pending = (connection[PENDING] = new PendingAnswers());
  connection.once('close', () => pending.closed());
  return pending;
}

/** What Node tells of a response that was sent. */
interface Sent {
  readonly response: ServerResponse;
  readonly socket: Connection;
}

function sent({ response, socket }: Sent): void {
  socket[PENDING]?.sent(response);
}

/** A property of a response; of one of Express without inline caches, see `isReshaped`. */
function read<Key extends 'req' | 'statusCode' | 'headersSent'>(
  response: ServerResponse,
  key: Key,
): ServerResponse[Key] {
  return isPlain(response) ? response[key] : Reflect.get(response, key);
}

function isPlain(response: ServerResponse): boolean {
  return Object.getPrototypeOf(response) === ServerResponse.prototype;
}
