import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
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

  it('changes nothing of a request that applications look at', () => {
    const request = new IncomingMessage(new Socket());
    request.rawHeaders = ['Host', 'a.example'];
    const names = Reflect.ownKeys(request);
    new RequestProperty<PassVerdict>().keep(request, VERDICT);
    expect(Reflect.ownKeys(request)).toEqual(names);
    expect([...request.rawHeaders]).toEqual(['Host', 'a.example']);
    expect(JSON.stringify(request.rawHeaders)).toBe('["Host","a.example"]');
  });

  it('is kept on a request whose raw headers somebody took away', () => {
    const verdicts = new RequestProperty<PassVerdict>();
    const request = Object.assign(new IncomingMessage(new Socket()), { rawHeaders: undefined });
    verdicts.keep(request, VERDICT);
    expect(verdicts.of(request)).toBe(VERDICT);
  });
});
