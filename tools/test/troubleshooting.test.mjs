import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const CORE = fileURLToPath(new URL('../../packages/core/src/', import.meta.url));
const DOCS = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('troubleshooting.md', DOCS), 'utf8');
const table = page.slice(page.indexOf('| symptom |'));

/** What is quoted of operating systems, of Node and of Redis. */
const FOREIGN = /^(?:E[A-Z]+|EAI_AGAIN|WRONGPASS|[A-Z_]*CERT[A-Z_]*|UNABLE_TO_[A-Z_]+|HTTPS?_PROXY|NO_PROXY)$/;
const codes = [...table.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, code]) => code).filter((code) => !FOREIGN.test(code));

const source = readdirSync(CORE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => readFileSync(CORE + file, 'utf8'))
  .join('\n');

describe('docs/troubleshooting.md', () => {
  it('names codes that the agent logs, throws or tells by health', () => {
    expect(new Set(codes).size).toBeGreaterThan(40);
    expect([...new Set(codes)].filter((code) => !source.includes(`'${code}'`))).toEqual([]);
  });

  it('names every code of an error, and every problem of health', () => {
    const errors = [...readFileSync(`${CORE}errors.ts`, 'utf8').matchAll(/^ {2}\| '(CROWDSEC_\w+)'/gm)];
    const problems = [...(/or `NOT_STARTED`.*$/m.exec(source)?.[0].matchAll(/`([A-Z_]+)`/g) ?? [])];
    expect(Math.min(errors.length, problems.length)).toBeGreaterThan(10);
    // These two are no trouble: another process is at work, or the application has stopped the agent itself.
    const silent = ['CROWDSEC_LEASE_BUSY', 'CROWDSEC_STOPPED'];
    const wanted = [...errors, ...problems].map(([, code]) => code).filter((code) => !silent.includes(code));
    expect(wanted.filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('names commands that the command line has', () => {
    const readme = readFileSync(new URL('../packages/cli/README.md', DOCS), 'utf8');
    const commands = [...page.matchAll(/npx (?:crowdsec-sdk|@crowdsec-sdk\/cli) ([a-z]+(?: [a-z]+)?)/g)].map(
      ([, command]) => command,
    );
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) expect(readme).toContain(`\`${command}`);
  });
});
