import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lilconfig, type Loader } from 'lilconfig';
import { isPlainObject } from './check-names.js';
import { ConfigError } from './config-error.js';

/** The names of configuration files, in the order in which they are looked for. */
export const CONFIG_FILES = [
  'crowdsec.config.ts',
  'crowdsec.config.mts',
  'crowdsec.config.js',
  'crowdsec.config.mjs',
  'crowdsec.config.cjs',
  'crowdsec.config.json',
  'crowdsec.config.yaml',
  'crowdsec.config.yml',
] as const;

/** A configuration file that was read. */
export interface ConfigFile {
  readonly path: string;
  readonly options: Record<string, unknown>;
}

const importFile: Loader = (path) => import(pathToFileURL(path).href) as Promise<unknown>;

/** Compiles TypeScript where Node of this version does not, and the like of it where Node does. */
const importTypeScript: Loader = async (path) => {
  const { createJiti } = await import('jiti');
  return createJiti(path, { interopDefault: false }).import(path);
};

const readYaml: Loader = async (_path, text) => {
  const { parse } = await import('yaml');
  return parse(text) as unknown;
};

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': importTypeScript,
  '.mts': importTypeScript,
  '.js': importFile,
  '.mjs': importFile,
  '.cjs': importFile,
  '.json': (_path, text) => JSON.parse(text) as unknown,
  '.yaml': readYaml,
  '.yml': readYaml,
};

/**
 * Reads the file that is named, or else the first of {@link CONFIG_FILES} in the folder or one above it; `undefined` when there is none.
 *
 * @throws ConfigError when it can't be read or holds no options
 */
export async function readConfigFile(named: string | undefined, folder: string): Promise<ConfigFile | undefined> {
  const searcher = lilconfig('crowdsec', { searchPlaces: [...CONFIG_FILES], loaders: LOADERS, cache: false });
  if (named === undefined) {
    const found = await searcher.search(folder).catch((error: unknown) => refuse('The configuration file', error));
    return found === null || found.isEmpty === true ? undefined : fileOf(found.filepath, found.config);
  }
  const path = resolve(folder, named);
  await readFile(path).catch((error: unknown) => refuse(path, error));
  const found = await searcher.load(path).catch((error: unknown) => refuse(path, error));
  return fileOf(path, found?.config);
}

async function fileOf(path: string, loaded: unknown): Promise<ConfigFile> {
  const exported = isModule(loaded) ? loaded.default : loaded;
  let options: unknown;
  try {
    options = typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  } catch (error) {
    return refuse(path, error);
  }
  if (isPlainObject(options)) return { path, options };
  throw new ConfigError(
    `${path} holds no options: its default export (or all of it, in JSON and YAML) must be an object, or a function that returns one.`,
  );
}

function isModule(loaded: unknown): loaded is Record<string, unknown> {
  if (typeof loaded !== 'object' || loaded === null) return false;
  return Object.prototype.toString.call(loaded) === '[object Module]' || '__esModule' in loaded || 'default' in loaded;
}

function refuse(path: string, error: unknown): never {
  if (error instanceof ConfigError) throw error;
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  throw new ConfigError(isMissing ? `There is no file ${path}.` : `${path} can't be read: ${why}`, { cause: error });
}
