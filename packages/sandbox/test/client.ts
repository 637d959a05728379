import type { Sandbox } from '../src/index.js';

/** What a test says to a sandbox, over real HTTP. */
export interface Client {
  readonly machineId: string;
  /** Sends JSON, or text as it is. */
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Logs in; calls made through {@link Client.call} carry the token from then on. */
  login(scenarios?: readonly string[]): Promise<Answer>;
  /** Sends with the token of the last login. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Pulls the decisions stream. */
  pull(query?: string): Promise<StreamAnswer>;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; `undefined` where it is none. */
  readonly json: unknown;
}

export interface StreamAnswer {
  readonly new: readonly {
    scenario: string;
    scope: string;
    decisions: readonly { value: string; duration: string }[];
  }[];
  readonly deleted: readonly { scope: string; decisions: readonly string[] }[];
  readonly links: {
    readonly blocklists: readonly { name: string; url: string; remediation: string; scope: string; duration: string }[];
    readonly allowlists: readonly { id: string; name: string; url: string; created_at: string; updated_at: string }[];
  };
}

/** A machine that is known to the sandbox already. */
export function seededClient(sandbox: Sandbox, machineId = 'a'.repeat(48)): Client {
  sandbox.seedMachine({ machineId, password: PASSWORD });
  return client(sandbox, machineId);
}

/** A machine that the sandbox need not know. */
export function client(sandbox: Pick<Sandbox, 'url'>, machineId = 'a'.repeat(48)): Client {
  let token = '';
  const send: Client['send'] = async (method, path, body, headers = {}) => {
    const type: Readonly<Record<string, string>> = body === undefined ? {} : { 'content-type': 'application/json' };
    const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(new URL(path, sandbox.url), {
      method,
      headers: { ...type, ...headers },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  };
  const call: Client['call'] = (method, path, body, headers) =>
    send(method, path, body, { authorization: `Bearer ${token}`, ...headers });
  return {
    machineId,
    send,
    call,
    async login(scenarios = []) {
      const answer = await send('POST', '/v3/watchers/login', { machine_id: machineId, password: PASSWORD, scenarios });
      token = (answer.json as { token?: string }).token ?? token;
      return answer;
    },
    async pull(query = '') {
      return (await call('GET', `/v3/decisions/stream${query}`)).json as StreamAnswer;
    },
    get token() {
      return token;
    },
  };
}

/** The password of every client. */
export const PASSWORD = 'Sandbox0Password0Sandbox0Passwor';

/** A signal with all that the contract requires, and nothing else. */
export function signal(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    scenario: 'acme/http-404',
    scenario_hash: '',
    scenario_version: '',
    message: '',
    start_at: '2026-11-22T11:00:00Z',
    stop_at: '2026-11-22T11:00:00Z',
    source: { scope: 'Ip', value: '198.51.100.7' },
    ...changes,
  };
}

/** Every value that a stream answer adds. */
export function valuesOf(answer: StreamAnswer): readonly string[] {
  return answer.new.flatMap(({ decisions }) => decisions.map(({ value }) => value));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
