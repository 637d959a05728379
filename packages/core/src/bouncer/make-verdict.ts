import type { IpRemediation } from '../remediation/ip-remediation.js';
import { fetchHeaders } from './response-headers.js';
import type { BlockVerdict, BouncerResponse, PassVerdict } from './verdict.js';

/** Where nothing better is there to answer with. */
export const BARE_REFUSAL: BouncerResponse = {
  status: 403,
  headers: {
    'cache-control': 'no-store',
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  },
  body: 'Access denied.\n',
};

export function pass(ip: string | undefined, { remediation, origin }: IpRemediation): PassVerdict {
  return { action: 'pass', ip, remediation, origin };
}

export function block(
  ip: string | undefined,
  { remediation, origin }: IpRemediation,
  response: BouncerResponse,
): BlockVerdict {
  const { status, body } = response;
  const toResponse = (): Response =>
    new Response(NO_BODY.has(status) ? null : body, { status, headers: fetchHeaders(response) });
  return { action: 'block', ip, remediation, origin, response, toResponse };
}

/** Fetch refuses a body for these. */
const NO_BODY = new Set([204, 205, 304]);
