import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import type { ListParser } from '../decisions/list-parser.js';
import { DeadlineExceeded, withinDeadline } from '../deadline.js';
import { messageOf } from '../errors.js';
import { knowSecretsOfUrl } from '../redaction/redaction.js';
import { bodyOf } from '../http/response-body.js';
import type { ListLimits } from './list-limits.js';
import { readList } from './read-list.js';

export interface ListDownload {
  readonly url: string;
  /** Sends `If-Modified-Since`, in ms since the epoch. */
  readonly since: number | undefined;
  /** Receives the text of a 200; the caller discards it when the download fails later. */
  readonly parser: ListParser;
  /** Plain http is fine, since the API itself is. */
  readonly allowHttp: boolean;
  readonly limits: Omit<ListLimits, 'totalTimeoutMs'>;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly yielder: EventLoopYielder;
}

export type DownloadResult =
  | { readonly status: 'read'; readonly httpStatus: number }
  | { readonly status: 'unchanged'; readonly httpStatus: number }
  | { readonly status: 'failed'; readonly httpStatus?: number; readonly error: string };

const MOST_REDIRECTS = 5;

/**
 * Reads one list, piece by piece and within its limits. No header of ours goes along but `If-Modified-Since` and the
 * product's user agent: no token, no credentials, on no hop. Never rejects.
 */
export async function downloadList(download: ListDownload): Promise<DownloadResult> {
  const { limits, signal: outer, since } = download;
  const headers: Record<string, string> =
    since === undefined ? {} : { 'if-modified-since': new Date(since).toUTCString() };
  let httpStatus: number | undefined;
  try {
    await withinDeadline({ ms: limits.timeoutMs, signal: outer, keepsProcessAlive: false }, async ({ signal }) => {
      const response = await follow(download, headers, signal);
      httpStatus = response.status;
      if (httpStatus === 200) await readList(bodyOf(response, signal), download);
      else await response.body?.cancel();
    });
    if (httpStatus === 200) return { status: 'read', httpStatus };
    if (httpStatus === 304) return { status: 'unchanged', httpStatus };
    return { status: 'failed', httpStatus, error: `answered ${httpStatus}` };
  } catch (error) {
    return { status: 'failed', ...(httpStatus === undefined ? {} : { httpStatus }), error: explain(error, limits) };
  }
}

async function follow(
  { url, allowHttp, fetch }: ListDownload,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  let at = new URL(url);
  knowSecretsOfUrl(url);
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    if (at.protocol !== 'https:' && !(allowHttp && at.protocol === 'http:'))
      throw new Error(`${at.protocol} links are not followed`);
    if (at.username !== '' || at.password !== '') throw new Error('links with a user or a password are not followed');
    const response = await fetch(at, { headers, redirect: 'manual', credentials: 'omit', signal });
    const location = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || location === null) return response;
    await response.body?.cancel();
    at = new URL(location, at);
    knowSecretsOfUrl(at.href);
  }
  throw new Error(`redirected more than ${MOST_REDIRECTS} times`);
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function explain(error: unknown, limits: ListDownload['limits']): string {
  if (error instanceof DeadlineExceeded) return `not read within ${limits.timeoutMs} ms`;
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${messageOf(error.cause)}` : '';
  return messageOf(error) + cause;
}
