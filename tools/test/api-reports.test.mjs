import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TOOL = fileURLToPath(new URL('../api.mjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'crowdsec-packages-'));

/** @param {Record<string, string>} files */
function write(files) {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, 'packages', 'lamp', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** @param {...string} flags */
function api(...flags) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [TOOL, '--no-build', '--root', root, ...flags], {
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

/** @param {string} entry */
const report = (entry) => readFileSync(join(root, 'packages', 'lamp', 'api', `${entry}.api.md`), 'utf8');

const BULB = `interface Filament {
  readonly ohms: number;
}
export interface Bulb {
  readonly filament: Filament;
}
export {};
`;

beforeAll(() => {
  const exports = {
    '.': {
      'module-sync': { types: './dist/index.d.ts', default: './dist/index.js' },
      require: { types: './dist/cjs/index.d.ts', default: './dist/cjs/index.js' },
    },
    './bulb': { types: './dist/bulb.d.ts', default: './dist/bulb.js' },
    './package.json': './package.json',
  };
  write({
    'package.json': JSON.stringify({ name: '@example/lamp', version: '1.0.0', type: 'module', exports }),
    'dist/bulb.d.ts': BULB,
    'dist/index.d.ts': `import { Bulb } from './bulb.js';
interface Switch {
  readonly on: boolean;
}
export interface Lamp {
  readonly bulb: Bulb;
  readonly switch: Switch;
}
export {};
`,
  });
});
afterAll(() => rmSync(root, { recursive: true }));

/** Each run of the tool reads the libraries of TypeScript, so there are three. */
describe('npm run api', () => {
  it('finds reports that are not there, and those of entries that are there no more', () => {
    write({ 'api/shade.api.md': 'of an entry that was removed' });
    const { status, output } = api('--check');
    expect(status).toBe(1);
    expect(output).toContain('lamp/api/index.api.md is not committed');
    expect(output).toContain('lamp/api/bulb.api.md is not committed');
    expect(output).toContain('lamp/api/shade.api.md is of an entry that is there no more');
  });

  it('writes what exports lead to once, and not in the report of each entry that names it', () => {
    expect(api()).toMatchObject({ status: 0 });
    expect(report('index')).toContain('export interface Lamp');
    expect(report('index')).toContain('interface Switch');
    expect(report('index')).not.toContain('interface Bulb');
    expect(report('index')).not.toContain('Filament');
    expect(report('bulb')).toContain('export interface Bulb');
    expect(report('bulb')).toContain('interface Filament');
    expect(existsSync(join(root, 'packages', 'lamp', 'api', 'shade.api.md'))).toBe(false);
  });

  it('finds what an exported type leads to changed, shows how, and says how to accept it', () => {
    write({ 'dist/bulb.d.ts': BULB.replace('ohms', 'watts') });
    const { status, output } = api('--check');
    expect(status).toBe(1);
    expect(output).toContain('lamp/api/bulb.api.md');
    expect(output).toMatch(/^\+ +readonly watts: number;$/m);
    expect(output).toContain('run `npm run api`');
    expect(output).not.toContain('index.api.md');
  });
});
