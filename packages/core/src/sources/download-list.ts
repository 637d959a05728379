import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import type { ListParser } from '../decisions/list-parser.js';
import { DeadlineExceeded, withinDeadline } from '../deadline.js';
import { describeFailure, inParentheses } from '../http/failed-call.js';
import type { Destination } from '../http/failure-advice.js';
import { knowSecretsOfUrl } from '../redaction/redaction.js';
import { bodyOf } from '../http/response-body.js';
import { usedProxy } from '../http/used-proxy.js';
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

const MAX_REDIRECTS = 5;

/**
 * Reads one list, piece by piece and within its limits. No header of ours goes along but `If-Modified-Since` and the
 * product's user agent: no token, no credentials, on no hop. Never rejects.
 */
export async function downloadList(download: ListDownload): Promise<DownloadResult> {
  const { limits, signal: outer, since } = download;
  const headers: Record<string, string> =
    since === undefined ? {} : { 'if-modified-since': new Date(since).toUTCString() };
  let httpStatus: number | undefined;
  // The last hop, of which messages tell the host alone: the rest of a link is a secret.
  let at = download.url;
  const asked = (url: URL): void => void (at = url.href);
  try {
    await withinDeadline({ ms: limits.timeoutMs, signal: outer, keepsProcessAlive: false }, async ({ signal }) => {
      const response = await follow(download, { headers, signal, asked });
      httpStatus = response.status;
      if (httpStatus === 200) await readList(bodyOf(response, signal), download);
      else await response.body?.cancel();
    });
    if (httpStatus === 200) return { status: 'read', httpStatus };
    if (httpStatus === 304) return { status: 'unchanged', httpStatus };
    return {
      status: 'failed',
      httpStatus,
      error: `answered ${httpStatus} ${inParentheses(hostOf(at, download.fetch))}`,
    };
  } catch (error) {
    const why = explain(error, limits, hostOf(at, download.fetch));
    return { status: 'failed', ...(httpStatus === undefined ? {} : { httpStatus }), error: why };
  }
}

async function follow(
  { url, allowHttp, fetch }: ListDownload,
  {
    headers,
    signal,
    asked,
  }: {
    readonly headers: Record<string, string>;
    readonly signal: AbortSignal;
    readonly asked: (url: URL) => void;
  },
): Promise<Response> {
  let at = new URL(url);
  knowSecretsOfUrl(url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    asked(at);
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
  throw new Error(`redirected more than ${MAX_REDIRECTS} times`);
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function explain(error: unknown, limits: ListDownload['limits'], host: Destination): string {
  const late = error instanceof DeadlineExceeded;
  return late ? `not read within ${limits.timeoutMs} ms ${inParentheses(host)}` : describeFailure(error, host);
}

function hostOf(url: string, fetch: ListDownload['fetch']): Destination {
  return { name: URL.canParse(url) ? new URL(url).origin : 'no URL', proxy: usedProxy(fetch, url) };
}
