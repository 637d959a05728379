import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Backend } from '../backend.js';
import type { ServedList } from '../lists.js';
import { sendBuffer, sendMessage } from '../replies.js';

/** What the stream's links lead to. No token is asked for: in reality this is another host. */
export function linkRoutes(app: FastifyInstance, { blocklists, allowlists }: Backend): void {
  app.get<Named>('/links/blocklist/:name', async (request, reply) =>
    serve(request, reply, blocklists.get(request.params.name)),
  );
  app.get<Named>('/links/allowlist/:name', async (request, reply) =>
    serve(request, reply, allowlists.get(request.params.name)),
  );
}

interface Named {
  Params: { readonly name: string };
}

function serve(request: FastifyRequest, reply: FastifyReply, list: ServedList | undefined): FastifyReply {
  if (list === undefined) return sendMessage(reply, 404);
  reply.header('last-modified', new Date(list.lastModified).toUTCString());
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  if (since >= list.lastModified) return reply.code(304).send();
  return sendBuffer(reply, 200, list.content, list.contentType);
}
