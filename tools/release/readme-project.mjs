import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { cachedTool } from '../packages/cached-tool.mjs';
import { install, makeProject } from '../packages/install.mjs';
import { reasonOf, run } from '../packages/run.mjs';
import { importedPackages } from './readme-code.mjs';

/**
 * @import { Profile } from './profiles.mjs'
 * @import { ReadmeCode } from './readme-code.mjs'
 */

/** Versions of TypeScript that users have. The first one writes the JavaScript that is run. */
export const TYPESCRIPT = ['5.9', '6.0', '7.0'];

const OURS = '@crowdsec-sdk/';
/** By which a README has its reader change package.json, where the code needs it. */
const MODULES = 'npm pkg set type=module';
/** Packages without types of their own. A user of TypeScript has these before. */
const TYPES = new Map([
  ['express', '@types/express'],
  ['koa', '@types/koa'],
  ['react', '@types/react'],
]);

/**
 * A folder with the application of a README, installed.
 *
 * @param {string} folder
 * @param {{ code: ReadmeCode, profile: Profile, registry: string }} options `registry` has our packages
 * @throws an `Error` when npm fails
 */
export async function makeReadmeProject(folder, { code, profile, registry }) {
  const compilerOptions = {
    strict: true,
    declaration: true,
    skipLibCheck: false,
    outDir: 'dist',
    rootDir: '.',
    ...profile.compilerOptions,
  };
  const wanted = Object.fromEntries(code.installs.map(versioned));
  const types = [...Object.keys(wanted), ...Object.keys(profile.base)].flatMap((name) => TYPES.get(name) ?? []);
  await makeProject(folder, {
    registry,
    packageJson: {
      name: 'readme-application',
      ...profile.packageJson,
      ...(code.commands.includes(MODULES) ? { type: 'module' } : {}),
      dependencies: {
        '@types/node': '^24.0.0',
        ...Object.fromEntries(types.map((name) => [name, '*'])),
        ...wanted,
        ...profile.base,
        // Used when a run adds a store in Redis.
        '@keyv/redis': '^5.1.0',
      },
    },
    files: {
      ...profile.files,
      ...fragmentFiles(code, profile),
      ...code.files,
      'tsconfig.json': JSON.stringify(
        { ...profile.tsconfig, compilerOptions, exclude: ['build', 'dist', 'node_modules'] },
        null,
        2,
      ),
    },
  });
  // npm 10 ends in an error of its own where Vitest is to be installed.
  await install(folder, 'npm', { range: '11' });
}

/**
 * @param {ReadmeCode} code
 * @param {Profile} profile
 */
function fragmentFiles({ fragments }, { fragments: wanted = {} }) {
  return Object.fromEntries(
    Object.entries(wanted).map(([file, pattern]) => {
      const found = fragments.find((fragment) => pattern.test(fragment));
      if (found === undefined) throw new Error(`The README does not say what ${file} is to have (${pattern}).`);
      return [file, found];
    }),
  );
}

/**
 * The variables that the README's command for starting sets.
 *
 * @param {ReadmeCode} code
 * @param {Profile} profile
 * @returns {Record<string, string>}
 */
export function startVariables({ fragments }, { startScript }) {
  const script = fragments.map((fragment) => startScript?.exec(fragment)?.[1]).find((found) => found !== undefined);
  return Object.fromEntries([...(script ?? '').matchAll(/\b([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]));
}

/**
 * `express@5` as an entry of dependencies.
 *
 * @param {string} word
 * @returns {[string, string]}
 */
function versioned(word) {
  const at = word.indexOf('@', 1);
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  return [word, word.startsWith(OURS) ? 'latest' : '*'];
}

/**
 * Packages that the code imports although nobody was told to install them.
 *
 * @param {ReadmeCode} code
 * @param {Profile} profile
 */
export function missingInstalls({ files, installs }, profile) {
  const known = new Set([...installs.map((word) => versioned(word)[0]), ...Object.keys(profile.base)]);
  return importedPackages(Object.values(files).join('\n')).filter((name) => !known.has(name));
}

/**
 * Compiles the code as the README has it.
 *
 * @param {string} folder
 * @param {string} version of TypeScript
 * @param {{ emit: boolean }} options
 * @returns {Promise<string>} `ok`, or what the compiler says
 */
export async function compile(folder, version, { emit }) {
  const { folder: tool } = await cachedTool('typescript', version);
  const script = join(tool, 'node_modules/typescript/bin/tsc');
  const outcome = await run(process.execPath, [script, '-p', '.', ...(emit ? [] : ['--noEmit'])], { cwd: folder });
  return outcome.ok ? 'ok' : reasonOf(outcome);
}

/**
 * Makes the code use the sandbox: `env: 'prod'` becomes what `options` says. The types have been checked before, on the code as it is.
 *
 * @param {string} folder with the files that are run
 * @param {Readonly<Record<string, string>>} options
 * @returns {() => void} puts the files back
 * @throws an `Error` when no file has `env: 'prod'`
 */
export function pointAtSandbox(folder, options) {
  const files = sourceFiles(folder).filter((file) => PRODUCTION.test(readFileSync(file, 'utf8')));
  if (files.length === 0) throw new Error("No file has env: 'prod', which the sandbox would replace.");
  const before = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  for (const { file, text } of before) {
    const given = Object.entries(options).filter(([name]) => !new RegExp(`\\b${name}:`).test(text));
    const written = given.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ');
    writeFileSync(file, text.replace(PRODUCTION, written));
  }
  return () => before.forEach(({ file, text }) => writeFileSync(file, text));
}

const PRODUCTION = /\benv: ['"]prod['"]/;

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sourceFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(?:node_modules|\..*|state)$/.test(entry.name) ? [] : sourceFiles(path);
    return /\.(?:[cm]?[jt]sx?|svelte|vue|astro|json)$/.test(entry.name) ? [path] : [];
  });
}
