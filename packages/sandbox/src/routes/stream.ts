import type { FastifyInstance } from 'fastify';
import { authentication, machineOf } from '../authenticate.js';
import type { Backend } from '../backend.js';
import type { FeedAnswer } from '../decisions.js';
import { sendBuffer } from '../replies.js';

/** The decisions stream: community decisions, and links to lists. */
export function streamRoutes(app: FastifyInstance, backend: Backend): void {
  const { machines, decisions, options } = backend;
  const body = lastBodyKept();

  app.get<{ Querystring: Query }>(
    '/decisions/stream',
    { preValidation: authentication(backend) },
    async (request, reply) => {
      if (decisions.rawStream !== undefined) {
        return sendBuffer(reply, 200, Buffer.from(decisions.rawStream), 'application/json');
      }
      const machineId = machineOf(request);
      const { startup, community_pull: community, additional_pull: additional } = request.query;
      const links = linksJson(backend, additional !== 'false');
      if (community === 'false') return sendBuffer(reply, 200, body(NOTHING, links), 'application/json');

      const cursor = startup === 'true' ? undefined : machines.cursor(machineId);
      const answer = options.answers === 'full' ? decisions.full(cursor) : decisions.delta(cursor);
      machines.moveCursor(machineId, answer.revision);
      return sendBuffer(reply, 200, body(answer, links), 'application/json');
    },
  );
}

interface Query {
  readonly startup?: string;
  readonly community_pull?: string;
  readonly additional_pull?: string;
}

const NOTHING: Pick<FeedAnswer, 'added' | 'deleted'> = { added: '[]', deleted: '[]' };

function linksJson({ blocklists, allowlists, publicUrl }: Backend, withBlocklists: boolean): string {
  const at = (kind: string) => (name: string) => `${publicUrl()}/links/${kind}/${encodeURIComponent(name)}`;
  return JSON.stringify({
    blocklists: withBlocklists ? blocklists.links(at('blocklist')) : [],
    allowlists: allowlists.links(at('allowlist')),
  });
}

/** Puts a body together; the same parts give the same bytes, so that a large one is copied and zipped once. */
function lastBodyKept(): (answer: Pick<FeedAnswer, 'added' | 'deleted'>, links: string) => Buffer {
  let last: { readonly added: string; readonly rest: string; readonly bytes: Buffer } | undefined;
  return ({ added, deleted }, links) => {
    const rest = `,"deleted":${deleted},"links":${links}}`;
    if (last?.added !== added || last.rest !== rest)
      last = { added, rest, bytes: Buffer.from(`{"new":${added}${rest}`) };
    return last.bytes;
  };
}
