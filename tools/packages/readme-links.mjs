import { posix } from 'node:path';
import { repositoryPage } from './published-manifest.mjs';

/** @import { Manifest } from './workspace.mjs' */

/** A link, an image or a link definition of Markdown, or an attribute of HTML in it, and the address that it has. */
const LINK = /(!\[[^\]]*\]\(|\]\(|^ {0,3}\[[^\]]+\]: +|\b(?:src|href)=")([^)\s"]+)/gm;
/** Code, in which brackets are not links. */
const CODE = /(^```[^]*?^```|`[^`\n]*`)/m;
/** What keeps its address: a place in the page, and other sites. */
const NOT_OURS = /^(?:#|[a-z][a-z0-9+.-]*:)/i;
/** What has its own address at GitHub, before the path in the repository. */
const KIND_OF_PAGE = /^(?:blob|tree|raw)\/main\//;

/**
 * The text of a README whose links into the repository are absolute: npm's page of a package resolves relative ones by rules of its own, if
 * at all.
 *
 * @param {string} text
 * @param {string} folder where the README is, `packages/core`
 * @param {Manifest} root
 */
export function withAbsoluteLinks(text, folder, root) {
  const page = repositoryPage(root);
  const ours = new RegExp(`^https://github\\.com/[^/]+/${page.split('/').at(-1)}/(?=${KIND_OF_PAGE.source.slice(1)})`);
  const rewritten = (/** @type {string} */ words) =>
    words.replace(LINK, (link, /** @type {string} */ start, /** @type {string} */ address) => {
      const isOurs = ours.test(address);
      if (!isOurs && NOT_OURS.test(address)) return link;
      const path = isOurs ? address.replace(ours, '').replace(KIND_OF_PAGE, '') : posix.join(folder, address);
      const isImage = start.startsWith('!') || start.startsWith('src');
      return `${start}${page}/${isImage ? 'raw' : isFile(path) ? 'blob' : 'tree'}/main/${path.replace(/\/$/, '')}`;
    });
  // Every second part is code.
  const parts = text.split(CODE);
  return parts.map((part, index) => (index % 2 === 0 ? rewritten(part) : part)).join('');
}

/** @param {string} path */
function isFile(path) {
  const name = posix.basename(path.replace(/#.*/, ''));
  return name.includes('.') || name === 'LICENSE';
}

/**
 * The files and folders of the repository that a text links to, without the places in them.
 *
 * @param {string} text
 * @param {Manifest} root
 */
export function linkedPaths(text, root) {
  const start = `${repositoryPage(root)}/`;
  return [...text.replaceAll(new RegExp(CODE, 'gm'), '').matchAll(LINK)]
    .map(([, , address = '']) => address)
    .filter((address) => address.startsWith(start))
    .map((address) => address.slice(start.length))
    .filter((page) => KIND_OF_PAGE.test(page))
    .map((page) => page.replace(KIND_OF_PAGE, '').replace(/#.*/, ''));
}
