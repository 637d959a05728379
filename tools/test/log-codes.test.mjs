import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const CORE = fileURLToPath(new URL('../../packages/core/src/', import.meta.url));
const LINE = /\.(?:debug|info|warn|error)\((?:(?!;\n)[^])*?\{\s*code: '([A-Z_]+)'/g;

describe('docs/logs.md', () => {
  it('names every code that the agent logs', () => {
    const files = readdirSync(CORE, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
    );
    const codes = new Set(
      files.flatMap((file) => [...readFileSync(CORE + file, 'utf8').matchAll(LINE)].map(([, code]) => code)),
    );
    expect(codes.size).toBeGreaterThan(50);
    const documented = readFileSync(new URL('../../docs/logs.md', import.meta.url), 'utf8');
    for (const code of codes) expect(documented).toContain(`| \`${code}\` |`);
  });
});
