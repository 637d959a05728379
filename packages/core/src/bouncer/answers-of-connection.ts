import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Is told of a response that is over: it was sent, or its connection closed before. */
type Over = (response: ServerResponse) => void;

/** The connections of servers of `node:http`, with what is not answered yet and who wants to hear of it. */
interface Connection extends Socket {
  /** Reads the requests; connections of HTTP/2 and made-up ones have none. */
  readonly parser?: object | null;
  [PENDING]?: (readonly [response: ServerResponse, over: Over])[];
}

const PENDING = Symbol('crowdsec.pending-answers');

/**
 * Calls back once a response is over. It listens to what Node tells of all responses, and to each connection: a listener for each response
 * would take 5 µs in Express, where every response has a hidden class of its own, see `isReshaped`.
 *
 * @returns false when it can't tell: of responses that no HTTP/1 server of Node has made
 */
export function whenOver(response: ServerResponse, over: Over): boolean {
  const request = Reflect.get(response, 'req') as ServerResponse['req'] | undefined;
  const connection = request && (Reflect.get(request, 'socket') as Connection | undefined);
  if (connection?.parser === undefined || connection.parser === null) return false;
  (connection[PENDING] ?? follow(connection)).push([response, over]);
  return true;
}

let isSubscribed = false;

function follow(connection: Connection): NonNullable<Connection[typeof PENDING]> {
  if (!isSubscribed) subscribe('http.server.response.finish', (message) => sent(message as Sent));
  isSubscribed = true;
  connection.once('close', () => {
    for (const [response, over] of connection[PENDING]?.splice(0) ?? []) over(response);
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
  // The one, unless requests were sent without waiting for the answers, or several agents listen.
  for (let i = 0; pending !== undefined && i < pending.length;) {
    if (pending[i]![0] === response) pending.splice(i, 1)[0]![1](response);
    else i++;
  }
}
