import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { startSandbox, type SandboxAppsec, type SandboxOptions } from '@crowdsec-sdk/sandbox';
import { createCrowdsec, type AppsecOptions, type Crowdsec, type CrowdsecOptions, type Logger } from '../src/index.js';
import { nodeFacts } from '../src/bouncer/node-facts.js';

export const KEY = 'appsec-key';

/** An application on `node:http` behind an agent that asks the sandbox's AppSec. */
export interface AppsecTestEnvironment extends AsyncDisposable {
  readonly appsec: SandboxAppsec;
  readonly crowdsec: Crowdsec;
  readonly port: number;
  readonly log: readonly string[];
  /** Bodies of the requests that came to the handler. */
  readonly handled: readonly string[];
  ask(options?: Asked): Promise<{ readonly status: number; readonly text: string; readonly message: IncomingMessage }>;
}

export interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

export async function appsecTestEnvironment(
  appsecOptions: Partial<AppsecOptions> = {},
  options: Partial<CrowdsecOptions> = {},
  sandboxAppsec: Partial<NonNullable<SandboxOptions['appsec']>> = {},
): Promise<AppsecTestEnvironment> {
  const sandbox = await startSandbox({ appsec: { apiKeys: [KEY], ...sandboxAppsec } });
  const { appsec } = sandbox;
  if (appsec === undefined) throw new Error('no AppSec');
  const log: string[] = [];
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    ephemeral: true,
    trustedProxies: 'loopback',
    logger: memoryLogger(log),
    captcha: false,
    appsec: { url: appsec.url, apiKey: KEY, timeoutMs: 20_000, ...appsecOptions },
    ...options,
  });
  const handled: string[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const judged = crowdsec.bouncer.inspect(nodeFacts(request));
    const verdict = judged.settled === undefined ? judged : await judged.settled;
    if (verdict.action === 'block') {
      const answer = verdict.toResponse();
      response.writeHead(answer.status, { 'set-cookie': answer.headers.getSetCookie() }).end(await answer.text());
      return;
    }
    handled.push(await text(request).catch(() => 'aborted'));
    response.end('handled');
  };
  const server = createServer((request, response) => void handle(request, response));
  const port = await listening(server);
  return {
    appsec,
    crowdsec,
    port,
    log,
    handled,
    ask: (asked) => ask(port, asked),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await crowdsec.stop();
      await sandbox.stop();
    },
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function ask(
  port: number,
  { path = '/', method = 'GET', headers = {}, body }: Asked = {},
): ReturnType<AppsecTestEnvironment['ask']> {
  return new Promise((resolve, reject) => {
    const given = { 'x-forwarded-for': '203.0.113.7', ...headers };
    httpRequest({ host: '127.0.0.1', port, path, method, headers: given }, (message) => {
      text(message).then((answer) => resolve({ status: message.statusCode ?? 0, text: answer, message }), reject);
    })
      .on('error', reject)
      .end(body);
  });
}

function memoryLogger(lines: string[]): Logger {
  const keep = (line: string): void => void lines.push(line);
  return { debug: () => undefined, info: keep, warn: keep, error: keep };
}

/** What AppSec was told, by the short names of its headers. */
export function told({ appsec }: AppsecTestEnvironment, name: string): unknown {
  return appsec.calls.at(-1)?.headers[`x-crowdsec-appsec-${name}`];
}
