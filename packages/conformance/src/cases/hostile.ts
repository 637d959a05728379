import { expect, it } from 'vitest';
import { rawRequest } from '../raw-request.js';
import type { Subject } from '../suite.js';
import { BANNED, CLEAN } from '../test-environment.js';

const TEN_KB = 10_000;

/** Requests that nobody sends by accident. They cost nobody a 500, and hide nobody who is banned. */
export function hostileCases({ environment }: Subject): void {
  it.each([
    ['10 kB of commas', `x-forwarded-for: ${','.repeat(TEN_KB)}`],
    ['10 kB of digits', `x-forwarded-for: ${'1'.repeat(TEN_KB)}`],
    ['10 kB of quotes', `x-forwarded-for: ${'"'.repeat(TEN_KB)}`],
    ['10 kB of brackets and colons', `x-forwarded-for: ${'[:'.repeat(TEN_KB / 2)}`],
    ['10 kB of Accept', `accept: ${'a/b;q=0.1,'.repeat(TEN_KB / 10)}`],
    ['an Accept that is none', 'accept: ;;,,/;q=\t"'],
    ['tabs and Latin-1', 'x-forwarded-for: \t\x80\xff\t1.2.3.4\xa0'],
    ['a name that objects have', 'constructor: x'],
    ['a prototype', '__proto__: x'],
    ['a header called get', 'get: x'],
  ])('survives %s', async (_, line) => {
    expect(await rawRequest(await environment().host(), [line])).toBe(200);
  });

  it.each([
    ['10 kB of addresses before it', [`x-forwarded-for: ${`${CLEAN}, `.repeat(TEN_KB / 20)}${BANNED}`]],
    ['10 kB of rubbish before it', [`x-forwarded-for: ${'"\\;=['.repeat(TEN_KB / 5)}, ${BANNED}`]],
    ['a line before it', [`x-forwarded-for: ${CLEAN}`, `x-forwarded-for: ${BANNED}`]],
    ['lines of another case before it', [`X-FORWARDED-FOR: ${CLEAN}`, `x-Forwarded-For: ${BANNED}`]],
    ['10 kB of Accept', [`x-forwarded-for: ${BANNED}`, `accept: ${',;q='.repeat(TEN_KB / 4)}`]],
  ])('refuses a banned client behind %s', async (_, lines) => {
    expect(await rawRequest(await environment().host(), lines)).toBe(403);
  });

  it.each([
    '/%',
    '/%00',
    '/%ff/..%2f',
    '//hello',
    '/\\',
    `/${'a'.repeat(TEN_KB / 2)}`,
    '/?%',
    'http://elsewhere.example/hello',
  ])('lets no strange target past it, and answers it without failing: %s', async (target) => {
    const running = await environment().host();
    const passed = await rawRequest(running, [`x-forwarded-for: ${CLEAN}`], target);
    expect(passed).toBeGreaterThanOrEqual(200);
    expect(passed).toBeLessThan(500);
    // Some servers refuse a target, or redirect to what they make of it, before anybody else sees the request.
    const refusals = [308, 400, 403, ...(target.startsWith('http:') ? [404] : [])];
    expect(refusals).toContain(await rawRequest(running, [`x-forwarded-for: ${BANNED}`], target));
  });

  it.each(['x-forwarded-for: 1.2.3.4\x00', 'x-forwarded-for: 1.2.3.4\x07', 'x-forwarded for: 1.2.3.4'])(
    'leaves to the HTTP parser what no request may hold: %j',
    async (line) => {
      expect(await rawRequest(await environment().host(), [line])).toBe(400);
    },
  );
}
