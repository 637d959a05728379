/** @typedef {import('./cell.mjs').Result} Result */

const MARKS = { ok: '✓', failed: '✗', 'not run': '–' };

/**
 * The results as Markdown: a table for each group, and below it why cells failed or did not run.
 *
 * @param {readonly Result[]} results
 */
export function tables(results) {
  const groups = [...new Set(results.map(({ group }) => group))];
  return groups
    .map((group) =>
      table(
        group,
        results.filter((one) => one.group === group),
      ),
    )
    .join('\n\n');
}

/**
 * @param {string} group
 * @param {readonly Result[]} results
 */
function table(group, results) {
  const rows = [...new Set(results.map(({ row }) => row))];
  const columns = [...new Set(results.map(({ column }) => column))];
  const cellOf = (/** @type {string} */ row, /** @type {string} */ column) => {
    const found = results.find((one) => one.row === row && one.column === column);
    if (found === undefined) return '';
    return found.outcome === 'ok' && found.detail !== '' ? `✓ ${found.detail}` : MARKS[found.outcome];
  };
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const reasons = results
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ row, column, outcome, detail }) => `- ${row}, ${column}: ${outcome}: ${detail.replaceAll('\n', '\n  ')}`);
  return [
    `### ${group}`,
    '',
    line(['', ...columns]),
    line(['---', ...columns.map(() => '---')]),
    ...rows.map((row) => line([row, ...columns.map((column) => cellOf(row, column))])),
    ...(reasons.length > 0 ? ['', ...reasons] : []),
  ].join('\n');
}
