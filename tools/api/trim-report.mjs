/**
 * API Extractor lists with an entry every type that its exports lead to. Those that another entry of the package exports are in that
 * entry's report, with what they lead to; here they would only make each change appear in several reports.
 *
 * @param {string} report
 * @param {ReadonlySet<string>} elsewhere names that other entries export
 */
export function trimReport(report, elsewhere) {
  const [, head, code, tail] = /^([^]*?```ts\n)([^]*)(\n```[^]*)$/.exec(report) ?? [];
  if (head === undefined) throw new Error('not a report of API Extractor');
  const blocks = code
    .split('\n\n')
    .map((text) => ({ text, name: declaredBy(text), isExported: /^export /m.test(text) }));
  const hidden = new Map(
    blocks.flatMap((block) =>
      block.name === undefined || block.isExported || elsewhere.has(block.name) ? [] : [[block.name, block]],
    ),
  );
  const kept = new Set(blocks.filter(({ name, isExported }) => name === undefined || isExported));
  for (const { text } of kept) {
    // What is added meanwhile is visited too.
    for (const [word] of text.matchAll(/[A-Za-z_$][\w$]*/g)) {
      const block = hidden.get(word);
      if (block !== undefined) kept.add(block);
    }
  }
  const text = blocks.flatMap((block) => (kept.has(block) ? [block.text] : [])).join('\n\n');
  const used = new Set(text.replaceAll(/^import .*$/gm, '').match(/[A-Za-z_$][\w$]*/g));
  const isUsed = (/** @type {string} */ line) => {
    const name = /^import (?:type )?(?:\{ (?:\w+ as )?(\w+) \}|(?:\* as )?(\w+)) from /.exec(line);
    return name === null || used.has(name[1] ?? name[2]);
  };
  return head + text.split('\n').filter(isUsed).join('\n') + tail;
}

/**
 * The names that a report says are exported.
 *
 * @param {string} report
 */
export function exportedNames(report) {
  const names = [...report.matchAll(/^export (.*)$/gm)].flatMap(([line, rest]) => {
    const list = /^(?:type )?\{([^}]*)\}/.exec(rest);
    return list === null ? [declaredBy(line)] : list[1].split(',').map((name) => name.trim().split(' as ').at(-1));
  });
  return new Set(names.filter((name) => name !== undefined));
}

/** @param {string} text */
function declaredBy(text) {
  return /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:class|interface|type|function|const|let|enum|namespace) (\w+)/m.exec(
    text,
  )?.[1];
}
