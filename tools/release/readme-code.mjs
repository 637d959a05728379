/**
 * What a README gives to paste: the files of one application, the packages to install for it, and commands.
 *
 * @typedef {object} ReadmeCode
 * @property {Readonly<Record<string, string>>} files contents by path, from blocks such as ```ts title="server.ts"```: together they are the
 *   whole application
 * @property {readonly string[]} installs what `npm install` lines name, as far as they stand before the last of these blocks
 * @property {readonly string[]} fragments the content of the other blocks
 * @property {readonly string[]} commands the other lines of shell blocks, without their comments
 * @property {readonly string[]} problems one sentence each, such as two blocks for the same file
 */

/** A fenced block: its info string and its content. */
const BLOCK = /^```([^\n`]*)\n([^]*?)^```[ \t]*$/gm;
const SHELL = new Set(['', 'sh', 'bash', 'shell', 'console']);
const INSTALL = /^\s*npm (?:install|i|add)\b(.*)$/;

/**
 * @param {string} text of the README
 * @returns {ReadmeCode}
 */
export function readmeCode(text) {
  /** @type {Record<string, string>} */
  const files = {};
  /** @type {string[]} */
  const fragments = [];
  /** @type {string[]} */
  const problems = [];
  /** @type {{ at: number, line: string }[]} */
  const shell = [];
  let end = 0;
  for (const { index, 1: info = '', 2: content = '' } of text.matchAll(BLOCK)) {
    const [language = '', ...rest] = info.trim().split(/\s+/);
    const title = /\btitle="([^"]+)"/.exec(rest.join(' '))?.[1];
    if (title !== undefined) {
      if (title in files) problems.push(`Two blocks are called ${title}.`);
      files[title] = content;
      end = index;
    } else {
      fragments.push(content);
    }
    if (SHELL.has(language))
      shell.push(...content.split('\n').map((line) => ({ at: index, line: withoutComment(line) })));
  }
  const given = shell.filter(({ line }) => line !== '');
  return {
    files,
    fragments,
    installs: [...new Set(given.filter(({ at }) => at <= end || end === 0).flatMap(({ line }) => packagesOf(line)))],
    commands: given.map(({ line }) => line).filter((line) => !INSTALL.test(line)),
    problems,
  };
}

/**
 * The packages that code imports, by their names without paths; Node's own and relative ones aside.
 *
 * @param {string} code
 */
export function importedPackages(code) {
  const specifiers = [...code.matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"]([^'"\n]+)['"]/g)];
  const names = specifiers
    .map(([, specifier = '']) => specifier)
    .filter((specifier) => !/^(?:[./#~$]|node:|virtual:)/.test(specifier))
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  return [...new Set(names)];
}

/** @param {string} line */
function withoutComment(line) {
  return line.replace(/(?:^|\s)#.*$/, '').trim();
}

/** @param {string} line */
function packagesOf(line) {
  const words = (INSTALL.exec(line)?.[1] ?? '')
    .split(/&&|[|;]/)[0]
    .trim()
    .split(/\s+/);
  return words.filter((word) => word !== '' && !word.startsWith('-'));
}
