import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

const require = createRequire(import.meta.url);
const ours = (name: string) => (): string => join(publicFolder(), name);
const uplot = (name: string) => (): string => require.resolve(`uplot/dist/${name}`);

/** Beside the build: this module is in `dist`, or in `dist/cjs` when it was built as CommonJS. */
function publicFolder(): string {
  const found = ['../public', '../../public'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return found.find((folder) => existsSync(folder)) ?? found[0]!;
}

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/** All files that are served, by their path below the panel. */
const FILES: ReadonlyMap<string, { readonly type: string; readonly file: () => string }> = new Map([
  ['', { type: 'text/html; charset=utf-8', file: ours('index.html') }],
  ['assets/panel.css', { type: STYLE, file: ours('panel.css') }],
  ['assets/icon.svg', { type: 'image/svg+xml', file: ours('icon.svg') }],
  ...['panel', 'actions', 'dom', 'features', 'format', 'overview', 'plots', 'tables'].map(
    (name) => [`assets/${name}.js`, { type: SCRIPT, file: ours(`${name}.js`) }] as const,
  ),
  ['assets/uplot.js', { type: SCRIPT, file: uplot('uPlot.esm.js') }],
  ['assets/uplot.css', { type: STYLE, file: uplot('uPlot.min.css') }],
]);

const read = new Map<string, Asset>();

/** The file at this path; read once, when somebody asks for it first. `undefined` for a path that is none of them. */
export function assetAt(path: string): Asset | undefined {
  const known = read.get(path);
  if (known !== undefined) return known;
  const entry = FILES.get(path);
  if (entry === undefined) return undefined;
  const asset = { type: entry.type, body: readFileSync(entry.file(), 'utf8') };
  read.set(path, asset);
  return asset;
}
