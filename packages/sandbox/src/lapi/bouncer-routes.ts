import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callOf } from '../request-hooks.js';
import type { LapiBouncer } from './bouncers.js';
import {
  decisionJson,
  matchesTarget,
  normalizedScope,
  type LapiDecision,
  type StreamFilter,
} from './decision-database.js';
import type { LapiBackend } from './backend.js';
import { sendEmpty, sendLapiJson } from './replies.js';
import { checkUsageMetrics } from './usage-metrics.js';

const LIVE_CURSOR_MS = 60_000;

/** What a bouncer asks with its API key: the stream, live decisions, and usage metrics. */
export function bouncerRoutes(app: FastifyInstance, backend: LapiBackend): void {
  const { bouncers, clock, decisions, usageMetrics } = backend;

  app.get<{ Querystring: Query }>('/decisions/stream', async (request, reply) => {
    const bouncer = bouncerOf(request, backend);
    if (bouncer === undefined) return sendLapiJson(reply, 403, { message: 'access forbidden' });
    const askedAt = clock.now();
    const since = request.query.startup === 'true' ? undefined : (bouncer.lastPull ?? 0);
    const filter = filterOf(request.query);
    const added = decisions.added(filter, since === 0 ? undefined : since);
    const deleted = decisions.deleted(filter, since);
    // The cursor moves when the answer has been written, whether or not the client has read it.
    reply.raw.once('close', () => bouncers.moveCursor(keyOf(request), bouncer.address, askedAt));
    return sendStream(reply, backend, { added, deleted });
  });

  app.get<{ Querystring: Query }>('/decisions', async (request, reply) => {
    const bouncer = bouncerOf(request, backend);
    if (bouncer === undefined) return sendLapiJson(reply, 403, { message: 'access forbidden' });
    const now = clock.now();
    // A live question moves the cursor of the stream, too, unless that moved within the last minute.
    if (bouncer.lastPull === undefined || now - bouncer.lastPull >= LIVE_CURSOR_MS)
      bouncers.moveCursor(keyOf(request), bouncer.address, now);
    const rows = decisions.active().filter((row) => !row.simulated && isAsked(row, request.query));
    const json = rows.map((row) => decisionJson(row, now, { uuid: false }));
    return sendLapiJson(reply, 200, json.length === 0 ? null : json);
  });

  // Looks at the key alone: it makes no row, and moves no cursor.
  app.head('/decisions', async (request, reply) => sendEmpty(reply, bouncers.knows(keyOf(request)) ? 200 : 403));

  app.post('/usage-metrics', async (request, reply) => {
    if (bouncerOf(request, backend) === undefined) return sendLapiJson(reply, 403, { message: 'access forbidden' });
    if (backend.engine === '1.4.6') return sendEmpty(reply, 404);
    const answer = checkUsageMetrics(request.body);
    if (answer.status !== 201) return sendLapiJson(reply, answer.status, { message: answer.message });
    usageMetrics.push(answer.component);
    return sendEmpty(reply, 201);
  });
}

interface Query {
  readonly startup?: string;
  readonly scopes?: string;
  readonly origins?: string;
  readonly scenarios_containing?: string;
  readonly scenarios_not_containing?: string;
  readonly dedup?: string;
  readonly ip?: string;
  readonly range?: string;
  readonly contains?: string;
  readonly value?: string;
  readonly type?: string;
}

function keyOf({ headers }: FastifyRequest): string {
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key : '';
}

function bouncerOf(request: FastifyRequest, { bouncers }: LapiBackend): LapiBouncer | undefined {
  const bouncer = bouncers.seen(keyOf(request), request.ip, request.headers['user-agent'] ?? '');
  if (bouncer !== undefined) callOf(request).machineId = bouncer.name;
  return bouncer;
}

function filterOf(query: Query): StreamFilter {
  return {
    scopes: (listOf(query.scopes) ?? ['ip', 'range']).map(normalizedScope),
    origins: listOf(query.origins),
    scenariosContaining: listOf(query.scenarios_containing),
    scenariosNotContaining: listOf(query.scenarios_not_containing),
    dedup: query.dedup !== 'false',
  };
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text === undefined || text === '' ? undefined : text.split(',');
}

function isAsked(row: LapiDecision, { ip, range, contains, value, type, scopes, origins }: Query): boolean {
  const target = ip ?? range;
  return (
    (target === undefined || matchesTarget(row, target, contains !== 'false')) &&
    (value === undefined || row.value === value) &&
    (type === undefined || row.type === type) &&
    (listOf(scopes)?.map(normalizedScope).includes(row.scope) ?? true) &&
    (listOf(origins)?.includes(row.origin) ?? true)
  );
}

/** The newest engine writes row by row, `new` first; 1.4.6 one object with sorted keys, and `null` for nothing. */
function sendStream(
  reply: FastifyReply,
  { engine, clock }: LapiBackend,
  { added, deleted }: { readonly added: readonly LapiDecision[]; readonly deleted: readonly LapiDecision[] },
): FastifyReply {
  const now = clock.now();
  const json = (rows: readonly LapiDecision[]): readonly object[] =>
    rows.map((row) => decisionJson(row, now, { uuid: engine === 'newest' }));
  if (engine === '1.4.6') {
    const orNull = (rows: readonly LapiDecision[]): readonly object[] | null => (rows.length === 0 ? null : json(rows));
    return sendLapiJson(reply, 200, { deleted: orNull(deleted), new: orNull(added) });
  }
  const text = `{"new": ${JSON.stringify(json(added))}, "deleted": ${JSON.stringify(json(deleted))}}`;
  return reply.code(200).header('content-type', 'application/json').send(Buffer.from(text));
}
