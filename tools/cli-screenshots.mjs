import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSandbox } from '../packages/sandbox/dist/index.js';

/**
 * npm run docs:cli
 *
 * Runs the command against a sandbox and draws what it prints as pictures for the docs, docs/images/cli-*.svg. Needs what `npm run build`
 * makes.
 */
const COMMAND = fileURLToPath(new URL('../packages/cli/dist/command/cli.js', import.meta.url));
const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));

const MACHINE_ID = 'kf3x9tq0zb7m'.repeat(4);

/** What is drawn, by the name of the picture. */
const PICTURES = {
  'decisions-list': ['decisions', 'list'],
  explain: ['explain', '203.0.113.7'],
  'decisions-check': ['decisions', 'check', '203.0.113.7', '198.51.100.4', '192.0.2.1'],
  'capi-status': ['capi', 'status'],
  metrics: ['metrics'],
};

const CODES = new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m`, 'g');

const folder = await mkdtemp(join(tmpdir(), 'crowdsec-screenshots-'));
const sandbox = await startSandbox({ port: 8090 });
try {
  sandbox.decisions.add([
    { value: '203.0.113.7', scenario: 'crowdsecurity/http-probing', duration: '24h' },
    { value: '198.51.100.0/24', scope: 'Range', scenario: 'crowdsecurity/ssh-bf', duration: '48h' },
  ]);
  const config = { apiUrl: sandbox.url, stateDir: 'state', scenarios: ['acme/login-bruteforce'] };
  await writeFile(join(folder, 'crowdsec.config.json'), JSON.stringify(config));
  await run(['decisions', 'refresh']);
  await run(['decisions', 'add', '--ip', '203.0.113.7', '--type', 'captcha', '--reason', 'acme/login-bruteforce']);
  await mkdir(IMAGES, { recursive: true });
  for (const [name, args] of Object.entries(PICTURES)) {
    const text = `$ crowdsec-sdk ${args.join(' ')}\n${await run([...args, '--color', 'yes'])}`;
    // Of nobody's machine, and the same in every run.
    const shown = text.replaceAll(folder, '/var/lib/shop').replaceAll(/\b[a-z0-9]{48}\b/g, MACHINE_ID);
    await writeFile(join(IMAGES, `cli-${name}.svg`), draw(shown));
  }
} finally {
  await sandbox.stop();
  await rm(folder, { recursive: true });
}

/** @param {readonly string[]} args */
async function run(args) {
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...args], { cwd: folder });
  return stdout;
}

/**
 * A text with the few codes of colour that the command uses, as a picture of a terminal.
 *
 * @param {string} text
 */
function draw(text) {
  const lines = text.trimEnd().split('\n');
  const plain = lines.map((line) => line.replaceAll(CODES, ''));
  const [charWidth, lineHeight, margin] = [8.43, 18, 14];
  const width = Math.ceil(Math.max(...plain.map((line) => line.length)) * charWidth) + 2 * margin;
  const height = lines.length * lineHeight + 2 * margin;
  const texts = lines.map((line, i) => {
    const length = (plain[i].length * charWidth).toFixed(1);
    const fit = plain[i] === '' ? '' : ` textLength="${length}" lengthAdjust="spacingAndGlyphs"`;
    return `<text x="${margin}" y="${margin + (i + 0.75) * lineHeight}"${fit}>${spans(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    '<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d8dee9;white-space:pre}</style>',
    `<rect width="100%" height="100%" rx="8" fill="#1b1f27"/>`,
    ...texts,
    '</svg>\n',
  ].join('\n');
}

/** @param {string} line */
function spans(line) {
  const styles = { 1: 'font-weight="bold"', 31: 'fill="#f47174"', 32: 'fill="#8fd18f"', 33: 'fill="#f1c76b"' };
  let isOpen = false;
  const marked = line
    .replaceAll(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll(CODES, (_, code) => {
      const style = styles[/** @type {keyof typeof styles} */ (Number(code))];
      const end = isOpen ? '</tspan>' : '';
      isOpen = style !== undefined;
      return `${end}${style === undefined ? '' : `<tspan ${style}>`}`;
    });
  return isOpen ? `${marked}</tspan>` : marked;
}
