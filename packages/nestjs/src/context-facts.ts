import type { ServerResponse } from 'node:http';
import type { ArgumentsHost } from '@nestjs/common';
import type { RequestFacts } from '@crowdsec-sdk/core';
import { handshakeFacts } from './handshakes.js';
import { rawRequest, requestFacts, type NestRequest } from './request-facts.js';

/** What there is to know of a context that nobody can be found behind. */
const UNKNOWN_CLIENT: RequestFacts = { remoteAddress: undefined, method: 'GET', path: '/', headers: {} };

/** The facts of the request behind a context: of HTTP, of GraphQL, or the handshake of a WebSocket. */
export function contextFacts(context: ArgumentsHost): RequestFacts {
  if (context.getType() === 'ws') return handshakeFacts(clientOf(context)) ?? UNKNOWN_CLIENT;
  const request = requestOf(context);
  return request === undefined ? UNKNOWN_CLIENT : requestFacts(request);
}

/**
 * What stands for a request: middleware, guard, interceptor and decorators find each other's findings by it. With WebSockets it is the
 * client; in a GraphQL subscription, where many operations share one handshake, the context of the operation.
 */
export function subjectOf(context: ArgumentsHost): object {
  if (context.getType() === 'ws') return clientOf(context);
  const request = requestOf(context);
  if (request === undefined || (isGraphql(context) && request.headers.upgrade !== undefined))
    return operationOf(context);
  return rawRequest(request);
}

/** What is answered over HTTP to the request behind a context; nothing to a WebSocket, nor to a GraphQL subscription. */
export function responseOf(context: ArgumentsHost): ServerResponse | undefined {
  if (context.getType() === 'http') return rawResponse(context.switchToHttp().getResponse());
  if (!isGraphql(context)) return undefined;
  const { reply, res } = operationOf(context);
  return rawResponse(reply) ?? rawResponse(res);
}

/** Whether the client of a gateway can be told: see {@link rememberHandshake}. */
export function hasHandshake(context: ArgumentsHost): boolean {
  return handshakeFacts(clientOf(context)) !== undefined;
}

function isGraphql(context: ArgumentsHost): boolean {
  return context.getType<string>() === 'graphql';
}

function requestOf(context: ArgumentsHost): NestRequest | undefined {
  if (!isGraphql(context)) return context.switchToHttp().getRequest<NestRequest>();
  const { req, request, reply, extra } = operationOf(context);
  return [req, request, reply?.request, extra?.request].find(isRequest);
}

/** Where the drivers of `@nestjs/graphql` and their transports keep the request. */
interface Operation {
  readonly req?: unknown;
  readonly request?: unknown;
  readonly reply?: { readonly request?: unknown };
  readonly extra?: { readonly request?: unknown };
  readonly res?: unknown;
}

/** The third argument of a resolver. */
function operationOf(context: ArgumentsHost): Operation {
  return context.getArgByIndex<Operation | undefined>(2) ?? {};
}

function isRequest(value: unknown): value is NestRequest {
  return typeof value === 'object' && value !== null && 'headers' in value && 'socket' in value;
}

/** Node's response, of Express as it is, of Fastify inside its reply. */
function rawResponse(response: unknown): ServerResponse | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  if ('raw' in response) return response.raw as ServerResponse;
  return 'writeHead' in response ? (response as ServerResponse) : undefined;
}

function clientOf(context: ArgumentsHost): object {
  return context.switchToWs().getClient<object>();
}
