import { afterEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox, type SandboxAppsec } from './index.js';

let sandbox: Sandbox | undefined;
afterEach(async () => sandbox?.stop());

async function start(): Promise<SandboxAppsec> {
  sandbox = await startSandbox({ appsec: { apiKeys: ['key'] } });
  return sandbox.appsec!;
}

function ask(appsec: SandboxAppsec, uri: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(appsec.url, {
    headers: {
      'x-crowdsec-appsec-api-key': 'key',
      'x-crowdsec-appsec-ip': '198.51.100.7',
      'x-crowdsec-appsec-uri': uri,
      'x-crowdsec-appsec-verb': 'GET',
      ...headers,
    },
  });
}

describe('AppSec', () => {
  it('allows, or bans with an action and the status for the client, as JSON that is called text', async () => {
    const appsec = await start();
    const allowed = await ask(appsec, '/');
    expect([allowed.status, await allowed.text()]).toEqual([200, '{"action":"allow","http_status":200}']);
    const banned = await ask(appsec, '/.env');
    expect([banned.status, banned.headers.get('content-type'), await banned.text()]).toEqual([
      403,
      'text/plain; charset=utf-8',
      '{"action":"ban","http_status":403}',
    ]);
  });

  it('answers 401 for a wrong key and 500 for a path that cannot be decoded, both without a body', async () => {
    const appsec = await start();
    const unknown = await ask(appsec, '/', { 'x-crowdsec-appsec-api-key': 'other' });
    const broken = await ask(appsec, '/%zz/.env');
    expect([unknown.status, await unknown.text(), broken.status, await broken.text()]).toEqual([401, '', 500, '']);
  });

  it('answers what a test says', async () => {
    const appsec = await start();
    appsec.answerWith(() => ({ action: 'captcha', status: 406, httpStatus: 429 }));
    const answer = await ask(appsec, '/');
    expect([answer.status, await answer.json()]).toEqual([406, { action: 'captcha', http_status: 429 }]);
  });
});
