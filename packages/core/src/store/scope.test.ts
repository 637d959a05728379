import { describe, expect, it } from 'vitest';
import { scopeOf } from './scope.js';

describe('the scope of an installation', () => {
  it('names namespace and host for people', () => {
    expect(scopeOf('shop', 'https://api.crowdsec.net')).toEqual({
      prefix: expect.stringMatching(/^\{crowdsec-sdk:shop:api\.crowdsec\.net-[0-9a-f]{12}\}::$/) as string,
      folder: expect.stringMatching(/^shop@api\.crowdsec\.net-[0-9a-f]{12}$/) as string,
    });
  });

  it('does not depend on how the same root is written', () => {
    expect(scopeOf('shop', 'https://API.crowdsec.net:443/')).toEqual(scopeOf('shop', 'https://api.crowdsec.net'));
  });

  it('is another one for every namespace and root, however alike they look', () => {
    const pairs = [
      ['shop', 'https://api.crowdsec.net'],
      ['Shop', 'https://api.crowdsec.net'],
      ['shop ', 'https://api.crowdsec.net'],
      ['shop-', 'https://api.crowdsec.net'],
      ['shop', 'http://api.crowdsec.net'],
      ['shop', 'https://api.crowdsec.net/eu'],
      ['shop', 'https://api.crowdsec.net:8080'],
      [`shop${'x'.repeat(80)}`, 'https://api.crowdsec.net'],
      [`shop${'x'.repeat(81)}`, 'https://api.crowdsec.net'],
      ['../..', 'https://api.crowdsec.net'],
    ] as const;
    const scopes = pairs.map(([namespace, root]) => scopeOf(namespace, root));
    expect(new Set(scopes.map(({ prefix }) => prefix)).size).toBe(pairs.length);
    expect(new Set(scopes.map(({ folder }) => folder)).size).toBe(pairs.length);
    expect(scopes.filter(({ folder }) => /[/\\]/.test(folder))).toEqual([]);
  });
});
