import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { asError, CrowdsecError, excerpt, messageOf } from '../errors.js';
import { Secret } from '../secret.js';
import { knowSecret, knowSecretsOfUrl, redact, REDACTED } from './redaction.js';

const jwt = (subject: string): string =>
  [
    { alg: 'HS256', typ: 'JWT' },
    { sub: subject, exp: 1_790_000_000 },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.') + '.Zk9x2vB7qLm4Nw8sTy3Rp6Uc1Xe5Ad0Hf_Gj-KiOb';
const password = 'Qw3/rT+y5"u\\i&o7<pA9sD2fG4hJ6kL8';
new Secret(password);

/** Each encoding in which an error page, a log of a proxy or a client may quote a text. */
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  JSON: (text) => JSON.stringify({ say: text }),
  'JSON in JSON': (text) => JSON.stringify({ say: JSON.stringify({ text }) }),
  URL: (text) => `/login?p=${encodeURIComponent(text)}`,
  'URL in lower case': (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  form: (text) => new URLSearchParams({ text }).toString(),
  HTML: (text) => `<pre>${text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')}</pre>`,
  hex: (text) => Buffer.from(text).toString('hex'),
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'basic authorization': (text) => `Basic ${Buffer.from(`machine:${text}`).toString('base64')}`,
  'base64 of a body': (text) => Buffer.from(JSON.stringify({ machine_id: 'x', password: text })).toString('base64'),
};

describe('a known secret', () => {
  it.each(Object.entries(FORMS))('is redacted as %s', (_, encode) => {
    const text = `The server said ${encode(password)} and closed.`;
    const shown = redact(text);
    expect(shown).toContain(REDACTED);
    expect(shown).toMatch(/^The server said .* and closed\.$/s);
    for (const form of Object.values(FORMS)) expect(shown).not.toContain(form(password).slice(-12));
  });

  it.each([
    ['at its end', password.slice(0, 12)],
    ['at its beginning', password.slice(-12)],
    ['at both', password.slice(8, 20)],
    ['by a line break', `${password.slice(0, 14)}\n${password.slice(14)}`],
  ])('is redacted when it is cut off %s', (_, part) => {
    const shown = redact(`answered: ${part}`);
    for (const piece of part.split('\n')) expect(shown).not.toContain(piece);
    expect(shown).toContain('answered: ');
  });

  it('may be long or short', () => {
    knowSecret('hunt');
    const long = 'ab12'.repeat(500);
    knowSecret(long);
    expect(redact(`hunt ${long.slice(40, 400)}`)).toBe(`${REDACTED} ${REDACTED}`);
  });
});

describe('what looks like a secret', () => {
  const token = jwt('machine');
  it.each([
    ['a JWT', token],
    ['the beginning of one', token.slice(0, 20)],
    ['one that was cut off within its payload', token.slice(0, 70)],
    ['the end of one', token.slice(-43)],
    ['a JWT in base64', Buffer.from(`{"token":"${token}"}`).toString('base64')],
    ['an opaque token in JSON', '{"code":200,"token":"t0p"}'],
    ['one that is cut off', '{"code":200,"token":"t0ps3cret'],
    ['one in JSON within JSON', JSON.stringify({ body: '{"token":"t0ps3cret"}' })],
    ['a password in JSON', '{"machine_id":"m","password":"t0ps3cret"}'],
    ['an authorization header in JSON', '{"headers":{"authorization":"Bearer t0ps3cret"}}'],
    ['a header', 'authorization: Bearer t0ps3cret'],
    ['a form', 'machine_id=m&password=t0ps3cret&x=1'],
    ['a query', '/list?sig=t0ps3cret'],
  ])('is redacted: %s', (_, text) => {
    const shown = redact(`got ${text}`);
    expect(shown).toContain(REDACTED);
    expect(shown).not.toContain('t0p');
    for (let at = 0; at + 8 <= token.length; at += 4) expect(shown).not.toContain(token.slice(at, at + 8));
  });

  it('is redacted whole where a part of it is known, or the name before it', () => {
    knowSecret(jwt('a machine that is known'));
    knowSecret('acme-token-of-this-test');
    const shown = redact(`got ${token} and {"acme-token-of-this-test":"t0ps3cret"}`);
    for (let at = 0; at + 8 <= token.length; at += 4) expect(shown).not.toContain(token.slice(at, at + 8));
    expect(shown).not.toContain('t0p');
  });

  it.each([
    'The login was answered 401: the token is expired, log in again',
    'options.credentials.password: must not be empty',
    'POST /v3/signals was answered 400: signals[0].uuid: must be a uuid, 01890a5d-ac96-774b-bcce-b302099a8057 is not',
    'GET /v3/decisions/stream?startup=true failed: connect ECONNREFUSED 127.0.0.1:8080',
    'the credentials of machine acmeq8zr4h1x7m2k9d5w3v6c0t8y1b4n7j2g5f9s3a6p1 are put back',
    'the store (files in /var/lib/app/crowdsec-sdk) could not write: ENOSPC',
    'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ])('is not an ordinary message: %s', (text) => {
    expect(redact(text)).toBe(text);
  });
});

describe('a URL', () => {
  it('is shown without user, password, query and fragment', () => {
    expect(redact('GET https://me:pw@lists.example.org:8443/a/b.txt?x=1&y=2#z failed')).toBe(
      'GET https://lists.example.org:8443/a/b.txt failed',
    );
    expect(redact('redis://:pw@redis:6379/0')).toBe('redis://redis:6379/0');
    expect(redact('see https://user:p@ss@host/path.')).toBe('see https://host/path.');
  });

  it('makes its credentials known wherever they are quoted', () => {
    knowSecretsOfUrl('https://me:p%40ss-w0rd@lists.example.org/a?list=free&access_token=k3y4&h=0f1e2d3c4b5a69788796');
    expect(redact('p@ss-w0rd p%40ss-w0rd k3y4 0f1e2d3c4b5a69788796 free me')).toBe(
      `${Array(4).fill(REDACTED).join(' ')} free me`,
    );
  });
});

describe('an error', () => {
  it('shows nothing of what an error from outside carries, hidden members and causes included', () => {
    const hidden = new Error(`could not write ${password}`, {
      cause: new AggregateError([new Error(password)], password),
    });
    Object.assign(hidden, { command: ['SET', password], code: 'EIO' });
    Object.defineProperty(hidden, 'request', { value: { headers: { authorization: `Bearer ${password}` } } });
    const error = new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', `no: ${password}`, { cause: hidden });
    for (const shown of [error, asError(hidden), asError(password), asError({ toString: () => password })]) {
      const text = inspect(shown, { showHidden: true, depth: Infinity });
      expect(text).not.toContain(password.slice(0, 10));
      expect(text).not.toContain(JSON.stringify(password).slice(1, 11));
      expect(text).toContain(REDACTED);
    }
    expect(error.cause).toMatchObject({ code: 'EIO', message: `could not write ${REDACTED}` });
    expect(asError(error)).toBe(error);
  });

  it('does not show what JSON.parse quotes', () => {
    for (const text of ['{"pw":"ab12cd34ef", x}', 'ab12cd34ef', '{"a":1}ab12cd34ef', `${' '.repeat(50)}ab12cd34ef x`]) {
      let message = '';
      try {
        JSON.parse(text);
      } catch (error) {
        message = messageOf(error);
      }
      expect(message).not.toBe('');
      expect(message).not.toContain('12cd');
    }
  });

  it('may be anything', () => {
    const hostile = {
      toString() {
        throw new Error('no');
      },
    };
    expect(messageOf(hostile)).toBe('something that has no text');
    expect(asError(hostile)).toBeInstanceOf(Error);
    expect(asError(undefined).message).toBe('undefined');
    const loop = new Error('loop');
    loop.cause = loop;
    expect(asError(loop).message).toBe('loop');
  });
});

it('redacts before it cuts', () => {
  for (let at = 0; at < 60; at++)
    expect(excerpt(`${'.'.repeat(at)}${password}`, 40)).not.toContain(password.slice(0, 5));
});

it('reads long texts in a time that grows with their length alone', () => {
  const texts = [
    'eyJ'.repeat(1e6),
    '"token":'.repeat(1e5),
    'a'.repeat(1e6),
    'https://'.repeat(1e5),
    'key='.repeat(1e5),
  ];
  for (const text of texts) expect(redact(text).length).toBeLessThan(50_000);
});
