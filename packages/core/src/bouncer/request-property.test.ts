import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RequestProperty } from './request-property.js';
import type { PassVerdict } from './verdict.js';

const VERDICT: PassVerdict = { action: 'pass', ip: '203.0.113.7', remediation: 'bypass', origin: 'clean' };

/** What Express does with each request. */
function reshape(request: IncomingMessage): void {
  Object.setPrototypeOf(request, Object.create(IncomingMessage.prototype) as object);
}

describe('a property of a request', () => {
  it('is found with the request alone, and by its own agent alone', () => {
    const verdicts = new RequestProperty<PassVerdict>();
    for (const request of [new IncomingMessage(new Socket()), new Request('http://localhost/'), {}]) {
      expect(verdicts.of(request)).toBeUndefined();
      verdicts.keep(request, VERDICT);
      expect(verdicts.of(request)).toBe(VERDICT);
      expect(new RequestProperty<PassVerdict>().of(request)).toBeUndefined();
    }
  });

  it('is found on a request of Express, whether it was kept before or after Express had it', () => {
    const verdicts = new RequestProperty<PassVerdict>();
    const [before, after] = [new IncomingMessage(new Socket()), new IncomingMessage(new Socket())];
    verdicts.keep(before, VERDICT);
    reshape(before);
    expect(verdicts.of(before)).toBe(VERDICT);
    reshape(after);
    expect(verdicts.of(after)).toBeUndefined();
    verdicts.keep(after, VERDICT);
    expect(verdicts.of(after)).toBe(VERDICT);
    expect(new RequestProperty<PassVerdict>().of(after)).toBeUndefined();
  });

  it('is seen by nobody who looks at the request', () => {
    const [request, other] = [new IncomingMessage(new Socket()), new IncomingMessage(new Socket())];
    for (const each of [request, other]) each.rawHeaders = ['Host', 'a.example'];
    const fetched = new Request('http://localhost/');
    const [names, printed] = [Reflect.ownKeys(fetched), inspect(fetched)];
    const verdicts = new RequestProperty<PassVerdict>();
    for (const each of [request, fetched]) verdicts.keep(each, VERDICT);
    expect(Reflect.ownKeys(request)).toEqual(Reflect.ownKeys(other));
    expect(Reflect.ownKeys(request.rawHeaders)).toEqual(['0', '1', 'length']);
    expect(inspect(request.rawHeaders)).toBe(inspect(other.rawHeaders));
    expect([Reflect.ownKeys(fetched), inspect(fetched)]).toEqual([names, printed]);
  });

  it('is replaced, and differs from that of another instance', () => {
    const [one, two] = [new RequestProperty<number>(), new RequestProperty<number>()];
    const request = new IncomingMessage(new Socket());
    for (const value of [1, 2]) one.keep(request, value);
    two.keep(request, 3);
    expect([one.of(request), two.of(request)]).toEqual([2, 3]);
  });

  it('is kept with what is frozen', () => {
    const property = new RequestProperty<number>();
    const request = new IncomingMessage(new Socket());
    Object.freeze(request.rawHeaders);
    for (const each of [request, Object.freeze({})]) {
      property.keep(each, 1);
      expect(property.of(each)).toBe(1);
    }
  });

  it('is kept on a request whose raw headers somebody took away', () => {
    const verdicts = new RequestProperty<PassVerdict>();
    const request = Object.assign(new IncomingMessage(new Socket()), { rawHeaders: undefined });
    verdicts.keep(request, VERDICT);
    expect(verdicts.of(request)).toBe(VERDICT);
  });
});
