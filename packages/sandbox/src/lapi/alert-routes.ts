import type { FastifyInstance } from 'fastify';
import { callOf } from '../request-hooks.js';
import type { LapiAlert } from './alerts.js';
import { decisionJson, matchesTarget, normalizedScope, type LapiDecision } from './decision-database.js';
import type { LapiBackend } from './backend.js';
import { machineAuthentication } from './machine-routes.js';
import { sendEmpty, sendLapiJson } from './replies.js';

/** What a machine does with its token: heartbeat, alerts, and the end of decisions. */
export function alertRoutes(app: FastifyInstance, backend: LapiBackend): void {
  const { alerts, decisions } = backend;
  const authenticated = { preValidation: machineAuthentication(backend) };

  app.get('/heartbeat', authenticated, async (_request, reply) => sendEmpty(reply, 200));

  app.post('/alerts', authenticated, async (request, reply) => {
    const answer = alerts.push(request.body, callOf(request).machineId ?? 'N/A');
    if (answer.status === 201) return sendLapiJson(reply, 201, answer.ids);
    return sendLapiJson(reply, answer.status, { message: answer.message });
  });

  app.get<{ Querystring: Record<string, string> }>('/alerts', authenticated, async (request, reply) => {
    const unknown = Object.keys(request.query).find((key) => !ALERT_FILTERS.includes(key));
    if (unknown !== undefined) {
      const message = `filter parameter '${unknown}' is unknown (=${request.query[unknown]}): invalid filter`;
      return sendLapiJson(reply, 500, { message });
    }
    const { limit = '100', scenario } = request.query;
    if (!/^\d+$/.test(limit)) return sendLapiJson(reply, 500, { message: `bad limit in parameters: [${limit}]` });
    const found = alerts.all().filter(({ body }) => scenario === undefined || body.scenario === scenario);
    const newest = [...found].reverse().slice(0, limit === '0' ? undefined : Number(limit));
    return sendLapiJson(reply, 200, newest.length === 0 ? null : newest.map((alert) => alertJson(alert, backend)));
  });

  app.delete<{ Querystring: Record<string, string> }>('/decisions', authenticated, async (request, reply) => {
    const unknown = Object.keys(request.query).find((key) => !DELETE_FILTERS.includes(key));
    if (unknown !== undefined)
      return sendLapiJson(reply, 500, { message: `'${unknown}' doesn't exist: invalid filter` });
    const ended = decisions.end((row) => isToEnd(row, request.query));
    return sendLapiJson(reply, 200, { nbDeleted: String(ended) });
  });

  app.delete<{ Params: { id: string } }>('/decisions/:id', authenticated, async (request, reply) => {
    const id = Number(request.params.id);
    if (!Number.isInteger(id)) return sendLapiJson(reply, 400, { message: 'decision_id must be valid integer' });
    if (!decisions.all().some((row) => row.id === id))
      return sendLapiJson(reply, 500, { message: 'ent: decision not found' });
    decisions.end((row) => row.id === id);
    return sendLapiJson(reply, 200, { nbDeleted: '1' });
  });
}

/** A filter that is no filter ends everything, as in the engine. */
function isToEnd(row: LapiDecision, query: Readonly<Record<string, string>>): boolean {
  const { ip, range, contains, value, type, origin, scenario, uuid, scopes } = query;
  const target = ip ?? range;
  return (
    (target === undefined || matchesTarget(row, target, contains !== 'false')) &&
    (value === undefined || row.value === value) &&
    (type === undefined || row.type === type) &&
    (origin === undefined || row.origin === origin) &&
    (scenario === undefined || row.scenario === scenario) &&
    (uuid === undefined || row.uuid === uuid) &&
    (scopes === undefined || scopes.split(',').map(normalizedScope).includes(row.scope))
  );
}

const DELETE_FILTERS = ['ip', 'range', 'contains', 'value', 'type', 'origin', 'scenario', 'uuid', 'scopes'];

const ALERT_FILTERS = [
  'limit',
  'sort',
  'ip',
  'range',
  'contains',
  'scope',
  'value',
  'scenario',
  'since',
  'until',
  'created_before',
  'has_active_decision',
  'decision_type',
  'origin',
  'kind',
  'simulated',
  'include_capi',
  'with_decisions',
];

function alertJson({ id, uuid, machineId, createdAt, body }: LapiAlert, { decisions, clock }: LapiBackend): object {
  const rows = decisions.all().filter(({ alertId }) => alertId === id);
  return {
    ...body,
    id,
    uuid,
    machine_id: machineId,
    created_at: new Date(createdAt).toISOString(),
    decisions: rows.length === 0 ? null : rows.map((row) => decisionJson(row, clock.now(), { uuid: false })),
  };
}
