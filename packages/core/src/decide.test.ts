import { describe, expect, it } from 'vitest';
import { checkedTerms, plainTerms } from './decide.js';

describe('a request to decide', () => {
  it('is taken by the quick check as the schema takes it, or left to the schema', () => {
    const values: Readonly<Record<string, readonly unknown[]>> = {
      type: [undefined, 'ban', 'captcha', ' ban ', '', 'x'.repeat(51), 7, null],
      duration: [undefined, '4h', '1m30s', '0s', '-1h', 'soon', 4, null],
      scenario: ['acme/trap', 'x', '', 'x'.repeat(200), 'x'.repeat(201), undefined, 7],
      report: [undefined, true, false, 'yes', null],
      ip: ['203.0.113.7', undefined, 7],
      other: [undefined, 1],
    };
    let plain = 0;
    for (const [key, some] of Object.entries(values)) {
      for (const value of some) {
        const request = { ip: '203.0.113.7', scenario: 'acme/trap', [key]: value };
        const terms = plainTerms(request);
        if (terms === undefined) continue;
        expect(terms).toEqual(checkedTerms(request));
        plain++;
      }
    }
    expect(plain).toBe(15);
    for (const request of [undefined, null, 'ban', [], {}]) expect(plainTerms(request)).toBeUndefined();
  });
});
