import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What was asked about a request. */
export interface AppsecCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Every header as it came: names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** As latin1 text. */
  readonly body: string;
}

/** What is answered: an action with its status, or the raw answer of a failure. */
export interface AppsecAnswer {
  /** `allow`, `ban`, `captcha`, `challenge`, or any other word; absent: no body. */
  readonly action?: string;
  /** What the client is to be answered; default 200 for `allow`, else 403. */
  readonly httpStatus?: number;
  /** The status of the answer itself; default 200 for `allow`, else 403. */
  readonly status?: number;
  /** More members of the answer: `user_body_content`, `user_headers`, `user_cookies`. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Answers this text instead. */
  readonly raw?: string;
  /** Answers so much later, in ms. */
  readonly delayMs?: number;
  /** Never answers, drops the connection before an answer or within it, or never ends its answer. */
  readonly failure?: 'hang' | 'reset' | 'cut' | 'drip';
}

export interface AppsecOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Listens on this unix socket, in place of a port. */
  readonly socket?: string;
  /** Speaks TLS: PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The one path that it answers, to the letter; any by default, as a listener with the path `/` does. */
  readonly path?: string;
  /** Keys that are let in; others get 401 without a body. */
  readonly apiKeys: readonly string[];
  /** Default: `/.env` and `/.git` in the asked URI are banned, everything else is allowed. */
  readonly answer?: (call: AppsecCall) => AppsecAnswer;
}

/** A running stand-in for an engine's AppSec component. */
export interface SandboxAppsec {
  readonly url: string;
  readonly calls: readonly AppsecCall[];
  /** Answers every call so from now on. */
  answerWith(answer: (call: AppsecCall) => AppsecAnswer): void;
}

/** Starts a stand-in for AppSec; `stop` ends it and what hangs in it. */
export async function startAppsec(
  options: AppsecOptions,
): Promise<{ readonly appsec: SandboxAppsec; readonly stop: () => Promise<void> }> {
  const calls: AppsecCall[] = [];
  let answer = options.answer ?? defaultAnswer;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy());
  };
  // As much head as Go takes.
  const limits = { maxHeaderSize: 1024 * 1024 };
  const server =
    options.tls === undefined
      ? createServer(limits, listener)
      : createTlsServer({ ...limits, ...options.tls }, listener);
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.setEncoding('latin1');
    const call = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: await text(request),
    };
    if (options.path !== undefined && call.path !== options.path) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
      return;
    }
    calls.push(call);
    const status = refusalOf(call, options.apiKeys);
    if (status === undefined) reply(response, answer(call));
    else response.writeHead(status, { 'content-length': '0' }).end();
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (options.socket === undefined) server.listen(options.port ?? 0, '127.0.0.1', resolve);
    else server.listen(options.socket, resolve);
  });
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const face: SandboxAppsec = {
    url: urlOf(server.address() ?? '', options),
    calls,
    answerWith: (next) => {
      answer = next;
    },
  };
  return { appsec: face, stop };
}

function urlOf(address: AddressInfo | string, { tls, path = '/' }: AppsecOptions): string {
  if (typeof address === 'string') return `unix:${address}`;
  return `http${tls === undefined ? '' : 's'}://127.0.0.1:${address.port}${path}`;
}

/** What the component refuses before any rule looks at it. */
function refusalOf({ headers }: AppsecCall, apiKeys: readonly string[]): 401 | 500 | undefined {
  const key = headers['x-crowdsec-appsec-api-key'];
  if (typeof key !== 'string' || !apiKeys.includes(key)) return 401;
  const uri = headers['x-crowdsec-appsec-uri'];
  const isComplete = ['ip', 'uri', 'verb'].every((name) => headers[`x-crowdsec-appsec-${name}`] !== undefined);
  if (!isComplete || typeof uri !== 'string') return 500;
  // A path that is no valid percent encoding is an error, and no rule looks at it.
  return /%(?![0-9a-f]{2})/i.test(uri.replace(/\?.*$/s, '')) ? 500 : undefined;
}

function defaultAnswer({ headers }: AppsecCall): AppsecAnswer {
  return /\/\.(env|git)\b/.test(String(headers['x-crowdsec-appsec-uri'])) ? { action: 'ban' } : { action: 'allow' };
}

function reply(response: ServerResponse, answer: AppsecAnswer): void {
  const { action, failure, delayMs = 0, raw, extra } = answer;
  if (failure === 'hang') return;
  if (failure === 'reset') {
    response.destroy();
    return;
  }
  const usual = action === undefined || action === 'allow' ? 200 : 403;
  const { status = usual, httpStatus = usual } = answer;
  const body = raw ?? (action === undefined ? '' : JSON.stringify({ action, http_status: httpStatus, ...extra }));
  const head = (length?: number): ServerResponse =>
    response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      ...(length === undefined ? {} : { 'content-length': length }),
    });
  setTimeout(() => {
    if (failure === undefined) head().end(body);
    else if (failure === 'drip') head().write(body.slice(0, 1));
    else head(body.length + 100).write(body, () => response.destroy());
  }, delayMs);
}
