import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Is told the status of a response that was sent, or whose connection closed after its head was. */
type Answered = (status: number) => void;

/** The connections of servers of `node:http`, with what is not answered yet and who wants to hear of it. */
interface Connection extends Socket {
  /** Reads the requests; connections of HTTP/2 and made-up ones have none. */
  readonly parser?: object | null;
  [PENDING]?: (readonly [response: ServerResponse, answered: Answered])[];
}

const PENDING = Symbol('crowdsec.pending-answers');

/**
 * Tells the status of a response once it is over. It listens to what Node tells of all responses, and to each connection: a listener for each response
 * would take 5 µs in Express, where every response has a hidden class of its own, see `isReshaped`.
 *
 * @returns false when it can't tell: of responses that no HTTP/1 server of Node has made
 */
export function whenAnswered(response: ServerResponse, answered: Answered): boolean {
  const request = Reflect.get(response, 'req') as ServerResponse['req'] | undefined;
  const connection = request && (Reflect.get(request, 'socket') as Connection | undefined);
  if (connection?.parser === undefined || connection.parser === null) return false;
  (connection[PENDING] ?? follow(connection)).push([response, answered]);
  return true;
}

let isSubscribed = false;

function follow(connection: Connection): NonNullable<Connection[typeof PENDING]> {
  if (!isSubscribed) subscribe('http.server.response.finish', (message) => sent(message as Sent));
  isSubscribed = true;
  connection.once('close', () => {
    for (const [response, answered] of connection[PENDING]?.splice(0) ?? []) {
      if (Reflect.get(response, 'headersSent')) answered(statusOf(response));
    }
  });
  return (connection[PENDING] = []);
}

/** What Node tells of a response that was sent. */
interface Sent {
  readonly response: ServerResponse;
  readonly socket: Connection;
}

function sent({ response, socket }: Sent): void {
  const pending = socket[PENDING];
  if (pending === undefined) return;
  // The only one, unless requests were sent without waiting for the answers, or several agents listen.
  if (pending.length === 1 && pending[0]![0] === response) return pending.pop()![1](statusOf(response));
  for (let i = 0; i < pending.length;) {
    if (pending[i]![0] === response) pending.splice(i, 1)[0]![1](statusOf(response));
    else i++;
  }
}

/** Read without inline caches, see `isReshaped`. */
function statusOf(response: ServerResponse): number {
  return Reflect.get(response, 'statusCode');
}
