import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Backend } from './backend.js';
import { authorizationKind, type CallLog, type OpenCall } from './calls.js';
import type { TimeSource } from './clock.js';
import type { Fault, Faults } from './faults.js';
import { gzipped, sendBuffer, sendJson, sendMessage, wantsGzip } from './replies.js';
import type { Delays } from './scheduler.js';

/** What happens to every request to CAPI, whatever it asks for: it is logged, maybe banned, maybe made to fail, and zipped. */
export function requestHooks(app: FastifyInstance, backend: Backend): void {
  logCalls(app, backend);
  // After parsing, so that the log has the body; before validation, so that a ban or a fault comes first.
  app.addHook('preValidation', async (request, reply) => {
    const call = callOf(request);
    if (call.path === '/v3/signals' && Array.isArray(call.body)) call.signals = call.body.length;
    if (call.method === 'POST' && call.path === '/v3/watchers/login') backend.loginBurst.count(request.ip);
    if (backend.loginBurst.isBanned(request.ip)) return sendMessage(reply, 403);
    return injectFault(request, reply, backend);
  });
  app.addHook('onSend', async (request, reply, answer) => {
    // By the clock that expiries go by: clients read the one against the other.
    if (!reply.hasHeader('date')) reply.header('date', new Date(backend.clock.now()).toUTCString());
    const body = finishAnswer(await whenStored(answer, reply, backend), request, reply, backend.calls);
    if (!Buffer.isBuffer(body) || !wantsGzip(request.headers['accept-encoding'], body)) return body;
    reply.header('content-encoding', 'gzip').header('vary', 'accept-encoding').removeHeader('content-length');
    return gzipped(body);
  });
  app.setNotFoundHandler((request, reply) => sendMessage(reply, 404, hintAt(request.url)));
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) =>
    sendMessage(reply, error.statusCode ?? 500, error.message),
  );
}

/** Keeps a log of what is received, with its body once that is parsed. */
export function logCalls(app: FastifyInstance, { calls, clock }: { calls: CallLog; clock: TimeSource }): void {
  app.decorateRequest('call', null);
  app.decorateRequest('fault', null);
  app.addHook('onRequest', (request, _reply, done) => {
    const call = opened(request, clock.now());
    request.setDecorator('call', call);
    calls.open(call);
    done();
  });
  app.addHook('preValidation', (request, _reply, done) => {
    callOf(request).body = request.body;
    done();
  });
}

/**
 * An answer as the fault that the request met leaves it: whole, ended half way, or lost with its connection. It closes the call in
 * the log.
 */
export function finishAnswer(payload: unknown, request: FastifyRequest, reply: FastifyReply, calls: CallLog): unknown {
  const call = callOf(request);
  const fault = request.getDecorator<Fault | null>('fault');
  call.status = reply.statusCode;
  if (fault?.cut === 'after' || fault?.cut === 'within') call.cut = fault.cut;
  if (fault?.cut === 'after') request.raw.socket.destroy();
  calls.close(call);
  if (!Buffer.isBuffer(payload)) return payload;
  const half = payload.subarray(0, Math.ceil(payload.length / 2));
  if (fault?.cut !== 'within') return fault?.malformed === true ? half : payload;
  reply.removeHeader('content-length');
  return Readable.from(firstHalf(half, request));
}

async function* firstHalf(half: Buffer, request: FastifyRequest): AsyncIterable<Buffer> {
  yield half;
  // The bytes leave before the connection is reset.
  await nextTurn();
  await nextTurn();
  request.raw.socket.destroy();
}

/** What to say of a path that is not there, where one line spares a search. */
function hintAt(target: string): string | undefined {
  const version = /^\/v[12](?=[/?]|$)/.exec(target)?.[0];
  if (version !== undefined) return `Not Found: this is CAPI v3, of which paths begin with /v3, not ${version}`;
  return target.startsWith('/v3/v3/') ? 'Not Found: /v3 is there twice; an API root is given without it' : undefined;
}

/** The log's entry for a request that is being answered. */
export function callOf(request: FastifyRequest): OpenCall {
  return request.getDecorator<OpenCall>('call');
}

function opened({ method, url, headers, query }: FastifyRequest, at: number): OpenCall {
  return {
    at,
    method,
    target: url,
    path: url.replace(/\?.*$/s, ''),
    query: query as Readonly<Record<string, string>>,
    userAgent: headers['user-agent'],
    authorization: authorizationKind(headers.authorization),
    headers,
    body: undefined,
    machineId: undefined,
    signals: undefined,
    status: undefined,
    cut: undefined,
  };
}

/** An answer is given once what it rests on is on disk: what a client was told survives a kill. */
async function whenStored(answer: unknown, reply: FastifyReply, { state }: Backend): Promise<unknown> {
  try {
    await state.flush();
    return answer;
  } catch (error) {
    reply.code(500).header('content-type', 'application/json').removeHeader('content-length');
    return Buffer.from(JSON.stringify({ message: `The sandbox could not keep its state: ${String(error)}` }));
  }
}

/** Makes a request meet the fault that waits for it, if one does: later, with another answer, or with none. */
export async function injectFault(
  request: FastifyRequest,
  reply: FastifyReply,
  { faults, delays, calls }: { readonly faults: Faults; readonly delays: Delays; readonly calls: CallLog },
): Promise<unknown> {
  const call = callOf(request);
  const fault = faults.meet(call.method, call.path);
  if (fault === undefined) return undefined;
  request.setDecorator('fault', fault);
  const stopped = fault.delayMs !== undefined && !(await delays.wait(fault.delayMs));
  if (stopped || fault.cut === true || fault.cut === 'before') {
    call.cut = 'before';
    calls.close(call);
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  if (fault.headers !== undefined) reply.headers(fault.headers);
  if (fault.status === undefined && fault.body === undefined) return undefined;
  return answerInstead(reply, fault);
}

function answerInstead(reply: FastifyReply, { status = 200, body, headers }: Fault): FastifyReply {
  if (status === 204 || status === 304) return reply.code(status).send();
  if (body === undefined) return sendMessage(reply, status);
  if (typeof body !== 'string') return sendJson(reply, status, body);
  return sendBuffer(reply, status, Buffer.from(body), contentTypeIn(headers) ?? 'application/json');
}

function contentTypeIn(headers: Readonly<Record<string, string>> = {}): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
}
