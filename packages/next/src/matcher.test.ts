import { AsyncLocalStorage } from 'node:async_hooks';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

// What Next's own testing helpers look for when they are loaded.
Object.assign(globalThis, { AsyncLocalStorage });
const { unstable_doesMiddlewareMatch: doesMatch } = await import('next/experimental/testing/server.js');

type Matcher = { readonly source: string; readonly locale?: false }[];

const I18N = { locales: ['en', 'de'], defaultLocale: 'en' };

/** The root page, and others, with every prefix that `next.config.ts` can give them. */
const SITES = [
  [{}, ['/', '/cart']],
  [{ trailingSlash: true }, ['/', '/cart/']],
  [{ basePath: '/shop' }, ['/shop', '/shop/cart', '/shop/_next/data/build/index.json']],
  [{ basePath: '/shop', trailingSlash: true }, ['/shop', '/shop/', '/shop/cart/']],
  // Next puts the default locale before a path that has none, then matches; before the root page under a basePath it does not.
  [{ i18n: I18N }, ['/', '/cart', '/en', '/de', '/de/cart', '/_next/data/build/de.json']],
  [{ basePath: '/shop', i18n: I18N }, ['/shop', '/shop/cart', '/shop/en', '/shop/de', '/shop/de/cart']],
  [{ basePath: '/shop', i18n: I18N, trailingSlash: true }, ['/shop/', '/shop/en/', '/shop/de/', '/shop/de/cart/']],
] as const;

it.each(SITES)('the matcher that the README gives guards every page of a site with %o', async (nextConfig, paths) => {
  const matcher = await documentedMatcher();
  const isGuarded = (path: string): boolean =>
    doesMatch({
      config: { matcher },
      url: `http://shop.example${path}`,
      nextConfig: structuredClone<object>(nextConfig),
    });
  expect(paths.filter((path) => !isGuarded(path))).toEqual([]);
});

it('leaves out what is the same for everybody', async () => {
  const config = { matcher: await documentedMatcher() };
  for (const path of ['/_next/static/chunk.js', '/_next/image'])
    expect(doesMatch({ config, url: `http://shop.example${path}`, nextConfig: {} })).toBe(false);
});

async function documentedMatcher(): Promise<Matcher> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, matcher = ''] = /^ {2}matcher: (\[.+?^ {2}\]),$/ms.exec(readme) ?? [];
  const json = matcher
    .replaceAll("'", '"')
    .replace(/(\w+): /g, '"$1": ')
    .replace(/,(\s*\])/, '$1');
  return JSON.parse(json) as Matcher;
}
