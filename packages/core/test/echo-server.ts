import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a server that says too much quotes what it was sent. */
export const QUOTES: Readonly<Record<string, (text: string) => string>> = {
  text: (text) => `what you sent: ${text}`,
  message: (text) => JSON.stringify({ message: `bad request: ${text}` }),
  'nested JSON': (text) => JSON.stringify({ errors: JSON.stringify({ request: JSON.stringify(text) }) }),
  'cut off': (text) => JSON.stringify({ message: text }).slice(0, -20),
  'URL-encoded': (text) => `error=bad&request=${encodeURIComponent(text)}`,
  HTML: (text) => `<html><pre>${text.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}</pre></html>`,
  base64: (text) => `dump: ${Buffer.from(text).toString('base64')}`,
  'late in a long text': (text) => `${'x '.repeat(140)}${text}`,
};

export interface EchoServer extends AsyncDisposable {
  readonly url: string;
  /** Passwords that it was sent, and tokens that it gave. */
  readonly secrets: ReadonlySet<string>;
  /** Paths (by their ends) that are answered by an echo, with the status. */
  readonly echoes: Map<string, number>;
  /** How a login is answered: with a clean answer, or with what is made of one. */
  login: (answer: string) => { readonly status: number; readonly body: string };
  quote: (text: string) => string;
}

/** A CAPI that quotes requests, headers too, in its errors. */
export async function echoServer(): Promise<EchoServer> {
  const secrets = new Set<string>();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const echo: EchoServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    echoes: new Map(),
    login: (body) => ({ status: 200, body }),
    quote: (text) => text,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    let sent = '';
    for await (const chunk of request) sent += String(chunk);
    const password = sent.startsWith('{') ? (JSON.parse(sent) as { password?: string }).password : undefined;
    if (password !== undefined) secrets.add(password);
    const [, status] = [...echo.echoes].find(([end]) => path.endsWith(end)) ?? [];
    if (status !== undefined) {
      response.writeHead(status).end(echo.quote(JSON.stringify({ headers: request.headers, body: sent })));
      return;
    }
    if (!path.endsWith('/login')) {
      response.end('{"message":"OK"}');
      return;
    }
    const token = newToken();
    secrets.add(token);
    const expire = new Date(Date.now() + 3_600_000).toISOString();
    const { status: code, body } = echo.login(JSON.stringify({ code: 200, expire, token }));
    response.writeHead(code).end(body);
  }
  return echo;
}

function newToken(): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signature = Buffer.from(Array.from({ length: 32 }, () => Math.floor(Math.random() * 256))).toString(
    'base64url',
  );
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'machine', nonce: Math.random() })}.${signature}`;
}
