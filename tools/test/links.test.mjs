import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryPage } from '../packages/published-manifest.mjs';
import { readManifest, ROOT } from '../packages/workspace.mjs';

const SITE = repositoryPage(readManifest(''));
/** An address of this repository at GitHub, as the READMEs of packages have it, and the path in it. */
const OURS = new RegExp(`^${SITE.replaceAll('.', '\\.')}(?:/(?:blob|tree|raw)/main/([^#]*))?(?=#|$)`);
const LINK = /(?:\]\(|^ {0,3}\[[^\]]+\]: +|\b(?:src|href)=")([^)\s"]+)/gm;

/** @param {string} text */
const withoutBlocks = (text) => text.replaceAll(/^ *```[^]*?^ *```/gm, '');

/**
 * The anchors that GitHub gives to the headings of a page: their words in lower case with a hyphen for each blank; the second of a name has `-1`.
 *
 * @param {string} text
 */
function anchorsOf(text) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return [...withoutBlocks(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/**
 * What is wrong with the links of a page into this repository; other sites are not asked.
 *
 * @param {string} page its path
 * @param {string} text
 */
function brokenLinks(page, text) {
  const words = withoutBlocks(text).replaceAll(/`[^`\n]*`/g, '');
  return [...words.matchAll(LINK)].flatMap(([, address]) => {
    const ours = OURS.exec(address);
    if (ours === null && /^[a-z][a-z0-9+.-]*:/i.test(address)) return [];
    const [path, anchor] = (ours === null ? address : address.replace(OURS, ours[1] ?? '.')).split('#');
    const target = path === '' ? page : join(ours === null ? dirname(page) : ROOT, path);
    if (!existsSync(target)) return [`${relative(ROOT, page)}: ${address}`];
    if (anchor === undefined) return [];
    const file = statSync(target).isDirectory() ? join(target, 'README.md') : target;
    const there = file === page ? text : readFileSync(file, 'utf8');
    return anchorsOf(there).includes(anchor) ? [] : [`${relative(ROOT, page)}: ${address}`];
  });
}

const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .map((path) => join(ROOT, path))
  .filter((path) => existsSync(path) && !path.endsWith('.api.md'));

describe('links of the documentation', () => {
  it('lead to files, folders and headings that are there', () => {
    expect(pages.length).toBeGreaterThan(40);
    expect(pages.flatMap((page) => brokenLinks(page, readFileSync(page, 'utf8')))).toEqual([]);
  });

  it.each([
    ['a file that is gone', '[a](docs/gone.md)', 1],
    ['a heading that is gone', '[a](docs/adapters.md#gone)', 1],
    ['a heading of the page itself that is gone', '[a](#gone)', 1],
    ['an absolute address of a file that is gone', `[a](${SITE}/blob/main/gone.md)`, 1],
    ['the start page, at a heading that is gone', `[a](${SITE}#gone)`, 1],
    ['an image that is gone', '![a](docs/images/gone.svg)', 1],
    ['a definition of one that is gone', '[a]: docs/gone.md', 1],
    ['the second heading of a name', '# A b\n\n# A b\n\n[a](#a-b-1)', 0],
    ['a heading with code and a question mark', '## Is `x` working?\n\n[a](#is-x-working)', 0],
    ['the start page, at a heading', `[a](${SITE}#options)`, 0],
    ['a folder', '[a](packages/core)', 0],
    ['code', '`[a](gone.md)`\n\n```md\n[a](gone.md)\n```', 0],
    ['another site', '[a](https://example.com/gone.md#gone)', 0],
  ])('are looked at: %s', (_what, text, broken) => {
    expect(brokenLinks(join(ROOT, 'CONTRIBUTING.md'), text)).toHaveLength(broken);
  });
});
