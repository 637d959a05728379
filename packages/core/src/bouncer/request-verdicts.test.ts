import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RequestVerdicts } from './request-verdicts.js';
import type { PassVerdict } from './verdict.js';

const VERDICT: PassVerdict = { action: 'pass', ip: '203.0.113.7', remediation: 'bypass', origin: 'clean' };

/** What Express does with each request. */
function reshape(request: IncomingMessage): void {
  Object.setPrototypeOf(request, Object.create(IncomingMessage.prototype) as object);
}

describe('the verdict about a request', () => {
  it('is found with the request alone, and by its own agent alone', () => {
    const verdicts = new RequestVerdicts();
    for (const request of [new IncomingMessage(new Socket()), new Request('http://localhost/'), {}]) {
      expect(verdicts.of(request)).toBeUndefined();
      verdicts.keep(request, VERDICT);
      expect(verdicts.of(request)).toBe(VERDICT);
      expect(new RequestVerdicts().of(request)).toBeUndefined();
    }
  });

  it('is found on a request of Express, whether it was kept before or after Express had it', () => {
    const verdicts = new RequestVerdicts();
    const [before, after] = [new IncomingMessage(new Socket()), new IncomingMessage(new Socket())];
    verdicts.keep(before, VERDICT);
    reshape(before);
    expect(verdicts.of(before)).toBe(VERDICT);
    reshape(after);
    expect(verdicts.of(after)).toBeUndefined();
    verdicts.keep(after, VERDICT);
    expect(verdicts.of(after)).toBe(VERDICT);
    expect(new RequestVerdicts().of(after)).toBeUndefined();
  });
});
