import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { tables } from './table.mjs';

/**
 * @typedef {import('./cell.mjs').Cell} Cell
 * @typedef {import('./cell.mjs').Result} Result
 */

const PAGE = fileURLToPath(new URL('../../docs/runtimes.md', import.meta.url));

const START = '<!-- Written by npm run test:runtimes -- --write -->';

/**
 * Puts the tables that are whole into docs/runtimes.md, in the order of all cells; the others stay as they are.
 *
 * @param {readonly Result[]} results
 * @param {readonly Cell[]} all
 */
export async function writeTables(results, all) {
  const page = await readFile(PAGE, 'utf8');
  const [text, written = ''] = page.split(START);
  const old = new Map(written.split(/^(?=### )/m).map((section) => [/^### (.*)$/m.exec(section)?.[1], section.trim()]));
  const sections = [...new Set(all.map(({ group }) => group))].flatMap((group) => {
    const ran = results.filter((result) => result.group === group);
    const isWhole = ran.length === all.filter((cell) => cell.group === group).length;
    return isWhole ? [tables(ran)] : (old.get(group) ?? []);
  });
  await writeFile(PAGE, `${text}${[START, ...sections].join('\n\n')}\n`);
}
