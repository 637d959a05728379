import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, workspacePackages } from '../packages/workspace.mjs';

const text = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');

const commands = workspacePackages().flatMap(({ folder, manifest: { name, bin = {}, files = [] } }) =>
  Object.entries(bin).map(([command, file]) => ({ command, folder, name, files, file: file.replace(/^\.\//, '') })),
);

describe.each(commands)('the command $command', ({ folder, file, files }) => {
  it('is there, and may be executed, before anything is built', () => {
    expect(file).not.toMatch(/^dist\//);
    expect(statSync(join(ROOT, folder, file)).mode & 0o111).toBe(0o111);
    expect(files).toContain(file.split('/')[0]);
  });
});

describe('what the documentation runs by npx', () => {
  const pages = [
    ...['.', 'docs', 'docs/adr'].flatMap((folder) =>
      readdirSync(join(ROOT, folder))
        .filter((name) => name.endsWith('.md'))
        .map((name) => join(folder, name)),
    ),
    ...readdirSync(join(ROOT, 'packages')).map((name) => join('packages', name, 'README.md')),
  ].filter((page) => existsSync(join(ROOT, page)));
  /** In a clone, npx takes the commands of the workspace. */
  const elsewhere = (/** @type {string} */ page) =>
    text(page).replace(/^```\w*[^\n]*\n(?:(?!^```).*\n)*?.*npm ci[^]*?^```/gm, '');

  it.each(pages)('is no package of somebody else: %s', (page) => {
    const foreign = commands.filter(
      ({ command, name }) =>
        new RegExp(`npx ${command}\\b`).test(elsewhere(page)) &&
        // Once the page has had the package installed, npx takes the command from it.
        !new RegExp(`npm install [^\n]*${name}\\b`).test(text(page)),
    );
    expect(foreign.map(({ command }) => command)).toEqual([]);
  });
});
