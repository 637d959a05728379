/**
 * Results of a run, by row and cell: `ok`, `–` for what does not apply, `not run: ` with the reason for what is left out on purpose, or what is wrong.
 *
 * @typedef {Map<string, Map<string, string>>} Results
 */

/**
 * A Markdown table with one row for each part; what is wrong is told in full below it, once for each cell.
 *
 * @param {Results} results
 * @returns {string}
 */
export function table(results) {
  const columns = [...new Set([...results.values()].flatMap((cells) => [...cells.keys()]))];
  const rows = [...results].map(([row, cells]) => [row, ...columns.map((column) => short(cells.get(column)))]);
  const all = [['', ...columns], ...rows];
  const widths = ['', ...columns].map((_, index) => Math.max(3, ...all.map((row) => row[index].length)));
  const line = (/** @type {string[]} */ row) =>
    `| ${row.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`;
  const [head, ...body] = all;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n');
}

/**
 * @param {Results} results
 * @returns {string[]} what is wrong, with row and cell
 */
export function failures(results) {
  return [...results].flatMap(([row, cells]) =>
    [...cells].filter(([, text]) => isFailure(text)).map(([cell, text]) => `${row}, ${cell}: ${text}`),
  );
}

/**
 * @param {Results} results
 * @returns {string[]} what was left out, with row, cell and reason
 */
export function leftOut(results) {
  return [...results].flatMap(([row, cells]) =>
    [...cells].filter(([, text]) => text.startsWith(NOT_RUN)).map(([cell, text]) => `${row}, ${cell}: ${text}`),
  );
}

const NOT_RUN = 'not run: ';

/** @param {string} text of a cell */
export function isFailure(text) {
  return text !== 'ok' && text !== '–' && !text.startsWith(NOT_RUN);
}

/** @param {string | undefined} text */
function short(text) {
  if (text === undefined) return '';
  if (isFailure(text)) return 'FAILED';
  return text.startsWith(NOT_RUN) ? 'not run' : text;
}
