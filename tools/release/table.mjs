/**
 * Results of a run, by row and cell: `ok`, `–` for what does not apply, or what is wrong.
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
    [...cells].filter(([, text]) => text !== 'ok' && text !== '–').map(([cell, text]) => `${row}, ${cell}: ${text}`),
  );
}

/** @param {string | undefined} text */
function short(text) {
  return text === undefined ? '' : text === 'ok' || text === '–' ? text : 'FAILED';
}
