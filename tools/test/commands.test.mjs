import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const text = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');

/** @type {{ folder: string, name: string, bin?: Record<string, string>, files?: string[] }[]} */
const packages = readdirSync(join(ROOT, 'packages')).map((folder) => ({
  ...JSON.parse(text(`packages/${folder}/package.json`)),
  folder: `packages/${folder}`,
}));
const commands = packages.flatMap(({ folder, bin = {}, files = [] }) =>
  Object.entries(bin).map(([command, file]) => ({ command, folder, files, file: file.replace(/^\.\//, '') })),
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
    ...['packages', 'apps'].flatMap((group) =>
      readdirSync(join(ROOT, group)).map((name) => join(group, name, 'README.md')),
    ),
  ].filter((page) => existsSync(join(ROOT, page)));
  const blocks = pages.flatMap((page) =>
    [...text(page).matchAll(/^```(?:sh|bash|console)?\n(.*?)^```/gms)].map(([, code = '']) => ({ page, code })),
  );

  it.each(blocks.filter(({ code }) => code.includes('npx ')))('is no package of somebody else: $page', ({ code }) => {
    const foreign = commands.filter(
      ({ command, folder }) =>
        new RegExp(`npx ${command}\\b`).test(code) &&
        // Once the package is installed, npx takes the command from it.
        !code.includes(packages.find((one) => one.folder === folder)?.name ?? ''),
    );
    expect(foreign.map(({ command }) => command)).toEqual([]);
  });
});
