import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../options.js';
import { banRemedy, type BanOptions } from './ban-remedy.js';
import { pickBouncerOptions } from './options.js';
import type { RemedyRequest } from './remedy.js';
import type { BouncerResponse } from './verdict.js';

const CHROME = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

describe('the format of a refusal', () => {
  it.each([
    [undefined, 'text/plain'],
    ['', 'text/plain'],
    ['*/*', 'text/plain'],
    [CHROME, 'text/html'],
    ['application/json', 'application/problem+json'],
    ['application/problem+json', 'application/problem+json'],
    ['application/json, text/plain, */*', 'application/problem+json'],
    ['text/html;q=0.4, application/json;q=0.9', 'application/problem+json'],
    ['application/json;q=0.1, text/*;q=0.2, text/html;q=0.3', 'text/html'],
    ['text/html;q=0, */*', 'text/plain'],
    ['image/png', 'text/plain'],
    ['TEXT/HTML', 'text/html'],
    [`${'a/b,'.repeat(50_000)}text/html`, 'text/plain'],
    [';;;q=,\u0000/"', 'text/plain'],
  ])('for %j is %s', (accept, type) => {
    expect(answer({}, { accept }).headers['content-type']).toMatch(new RegExp(`^${type.replace('+', '\\+')}(;|$)`));
  });
});

describe('a refusal', () => {
  it('is 403, is kept by no cache, differs by Accept and is what its type says', () => {
    const { status, headers } = answer();
    expect(status).toBe(403);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Accept', 'x-content-type-options': 'nosniff' });
  });

  it('is problem details for machines', () => {
    expect(JSON.parse(answer({}, { accept: 'application/json' }).body)).toEqual({
      type: 'about:blank',
      title: 'Access denied',
      status: 403,
      detail: expect.stringContaining('reported') as string,
    });
  });

  it('accuses nobody who was only not checked', () => {
    const unchecked = answer({}, {}, { ip: undefined, remediation: 'bypass', origin: 'unavailable' });
    expect(unchecked.body).toBe('Access denied. Your request could not be checked, so it was refused.\n');
  });

  it('says what it is told to say, in all formats, escaped', () => {
    const options: BanOptions = { status: 429, title: 'No "entry" <b>', message: "It's & over" };
    expect(answer(options, { accept: CHROME }).body).toContain(
      '<h1>No &quot;entry&quot; &lt;b&gt;</h1>\n  <p>It&#39;s &amp; over</p>',
    );
    expect(JSON.parse(answer(options, { accept: 'application/json' }).body)).toMatchObject({
      title: options.title,
      detail: options.message,
      status: 429,
    });
    expect(answer(options).body).toBe('No "entry" <b>. It\'s & over\n');
    expect(answer(options).status).toBe(429);
  });

  it('fills a template of the owner in, every value escaped', () => {
    const template = '<p title="{{ origin }}">{{ip}} {{remediation}} {{status}}</p>';
    const page = answer(
      { template },
      { accept: CHROME },
      { ip: '<script>', remediation: 'ban', origin: 'lists:"><script>' },
    );
    expect(page.body).toBe('<p title="lists:&quot;&gt;&lt;script&gt;">&lt;script&gt; ban 403</p>');
  });

  it('runs nothing and styles itself only by the hash of its own style', () => {
    const { headers, body } = answer({}, { accept: CHROME });
    const style = /<style>([^]*)<\/style>/.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(answer({ template: '<p>plain</p>' }, { accept: CHROME }).headers['content-security-policy']).not.toContain(
      'style-src',
    );
  });

  it('takes headers besides and instead of its own, in any case', () => {
    const { headers } = answer({ headers: { 'X-Blocked-By': 'us', 'Cache-Control': 'private' } });
    expect(headers).toMatchObject({ 'x-blocked-by': 'us', 'cache-control': 'private' });
  });

  it('can be one fixed body', () => {
    const options: BanOptions = { body: { contentType: 'application/json', content: '{"error":"blocked"}' } };
    for (const accept of [CHROME, 'text/plain', undefined]) {
      expect(answer(options, { accept })).toMatchObject({
        body: '{"error":"blocked"}',
        headers: { 'content-type': 'application/json' },
      });
    }
  });

  it('can send browsers elsewhere, and nobody else', () => {
    const options: BanOptions = { redirect: '/blocked?from=here' };
    expect(answer(options, { accept: CHROME })).toMatchObject({
      status: 303,
      headers: { location: '/blocked?from=here' },
    });
    expect(answer(options, { accept: 'application/json' }).status).toBe(403);
  });
});

describe('the options of a refusal', () => {
  it('never guard the page to which they redirect', () => {
    const facts = { remoteAddress: '192.0.2.1', method: 'GET', path: '/blocked', headers: {} };
    const picked = (skip: object): unknown =>
      pickBouncerOptions(parseOptions({ env: 'dev', ban: { redirect: '/blocked?a#b' }, ...skip })).skip;
    expect(picked({ skip: ['/health'] })).toEqual(['/health', '/blocked']);
    expect((picked({ skip: () => false }) as (f: object) => boolean)(facts)).toBe(true);
  });

  it.each<[string, BanOptions]>([
    ['options.ban.status', { status: 200 }],
    ['options.ban.template', { template: '{{nobody}}' }],
    ['options.ban.headers.a b', { headers: { 'a b': 'c' } }],
    ['options.ban.headers.x', { headers: { x: 'a\r\nb: c' } }],
    ['options.ban.body.contentType', { body: { contentType: 'text/html\n', content: '' } }],
    ['options.ban.redirect', { redirect: '//evil.example' }],
    ['options.ban.redirect', { redirect: 'javascript:alert(1)' }],
    ['options.ban.redirect', { redirect: '/a\nb' }],
    ['options.ban.colour', { colour: 'red' } as BanOptions],
  ])('are refused where wrong: %s', (path, ban) => {
    expect(() => parseOptions({ env: 'dev', ban })).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error,
    );
  });
});

function answer(
  options: BanOptions = {},
  headers: Readonly<Record<string, string | undefined>> = {},
  found: Pick<RemedyRequest, 'ip' | 'remediation' | 'origin'> = {
    ip: '203.0.113.1',
    remediation: 'ban',
    origin: 'CAPI',
  },
): BouncerResponse {
  const given = banRemedy(options)({
    ...found,
    facts: { remoteAddress: '203.0.113.1', method: 'GET', path: '/', headers },
  });
  return given as BouncerResponse;
}
