import { ServerResponse, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { BouncerResponse, PassVerdict } from '@crowdsec-sdk/core';
import { nodeFacts, nodeHeaders, type Bouncer, type SettledVerdict } from '@crowdsec-sdk/core/adapter';

/** A listener of the server's event `upgrade`. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What takes over the connection of a client that may pass. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer, verdict: PassVerdict) => unknown;

const ignore = (): void => undefined;

/** Refuses upgrades (WebSockets) by an HTTP answer on their connection, and hands the others on. */
export function guardUpgrades(bouncer: Bouncer, handler: UpgradeHandler): UpgradeListener {
  return (request, socket, head) => {
    const facts = nodeFacts(request);
    const follow = (verdict: SettledVerdict): void => {
      if (verdict.action === 'pass') {
        handler(request, socket, head, verdict);
        return;
      }
      bouncer.answering(facts, verdict)?.(verdict.response.status);
      refuse(request, socket, verdict.response);
    };
    const verdict = bouncer.inspect(facts);
    if (verdict.settled === undefined) {
      follow(verdict);
      return;
    }
    // Nobody else listens to errors of the connection until it is handed on, and one without a listener ends the process.
    socket.on('error', ignore);
    void verdict.settled.then((settled) => {
      socket.off('error', ignore);
      if (!socket.destroyed) follow(settled);
    });
  };
}

function refuse(request: IncomingMessage, socket: Duplex, answer: BouncerResponse): void {
  socket.on('error', ignore);
  if (!(socket instanceof Socket)) {
    // No server of Node has made it, so there is no way to say HTTP on it.
    socket.destroy();
    return;
  }
  const response = new ServerResponse(request);
  // The parser has left the connection: no other request can come by it.
  response.shouldKeepAlive = false;
  try {
    response.assignSocket(socket);
  } catch {
    // The client did not wait for the answer to a request before this one, which is not finished: nothing may be written behind it.
    socket.destroySoon();
    return;
  }
  // Not only our half: nobody reads this connection any more, so nobody would see the client end its own.
  response.once('finish', () => socket.destroySoon());
  response.writeHead(answer.status, nodeHeaders(answer)).end(answer.body);
}
