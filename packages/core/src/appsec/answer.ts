import * as z from 'zod';
import type { BouncerResponse } from '../bouncer/verdict.js';
import { challengePage } from './challenge.js';
import type { AppsecFailure } from './options.js';

/** What AppSec said, or why it said nothing. */
export type AppsecAnswer =
  | { readonly kind: 'allow' }
  | {
      readonly kind: 'act';
      /** In lower case: `ban`, `captcha`, `challenge`, or a word of the operator's own. */
      readonly action: string;
      /** 400 to 599, where it names such. */
      readonly status: number | undefined;
      /** The page of a challenge, where there is one. */
      readonly page: BouncerResponse | undefined;
    }
  | { readonly kind: 'failed'; readonly cause: AppsecFailure; readonly why: string };

const schema = z.looseObject({ action: z.string().optional(), http_status: z.unknown().optional() });

/** Words by which it lets a request through. */
const ALLOW_ACTIONS = new Set(['allow', 'bypass']);

/**
 * Reads an answer. An action is believed whatever the status; without one a success lets the request through, and everything else is no
 * verdict. The content type says nothing: AppSec answers JSON as plain text.
 */
export function readAnswer(status: number, text: string): AppsecAnswer {
  if (text.trim() === '') return byStatus(status, '');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return isSuccess(status) ? malformed(status, 'something that is not JSON') : byStatus(status, ' without JSON');
  }
  const answer = schema.safeParse(json);
  if (!answer.success) return malformed(status, 'JSON that is no verdict');
  const action = answer.data.action?.trim().toLowerCase() ?? '';
  if (action === '') return byStatus(status, ' without an action');
  if (ALLOW_ACTIONS.has(action)) return { kind: 'allow' };
  const httpStatus = statusIn(answer.data.http_status, 400);
  const page =
    action === 'challenge' ? challengePage(answer.data, statusIn(answer.data.http_status, 200) ?? 403) : undefined;
  return { kind: 'act', action, status: httpStatus, page };
}

function byStatus(status: number, how: string): AppsecAnswer {
  if (isSuccess(status)) return { kind: 'allow' };
  return { kind: 'failed', cause: causeOf(status), why: `it answered ${status}${how}` };
}

function malformed(status: number, what: string): AppsecAnswer {
  return { kind: 'failed', cause: 'serverError', why: `it answered ${status} with ${what}` };
}

function causeOf(status: number): AppsecFailure {
  if (status === 401) return 'unauthorized';
  if (status === 413 || status === 414 || status === 431) return 'tooLarge';
  return status >= 502 && status <= 504 ? 'unreachable' : 'serverError';
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function statusIn(status: unknown, minimum: number): number | undefined {
  return typeof status === 'number' && Number.isInteger(status) && status >= minimum && status <= 599
    ? status
    : undefined;
}
