import { dirname, isAbsolute, resolve } from 'node:path';
import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import { checkNames, isPlainObject } from './check-names.js';
import { ConfigError } from './config-error.js';
import { readConfigFile } from './config-file.js';
import { dropOption, mergeOptions, readEnvironment } from './environment.js';
import { CONFIG_VARIABLE } from './variables.js';

/** Where to look for the configuration. */
export interface LoadOptions {
  /** A configuration file; without it, `CROWDSEC_CONFIG` names one, or the first `crowdsec.config.*` is taken. */
  readonly config?: string | undefined;
  /** Where the search begins; the working directory by default. It goes on in the folders above. */
  readonly cwd?: string | undefined;
  /** The variables of the environment; those of this process by default. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The options that were found, and where. */
export interface LoadedConfig {
  readonly options: CrowdsecOptions;
  /** The configuration file; absent when there is none. */
  readonly file?: string;
  /** The environment variables that set something. */
  readonly variables: readonly string[];
}

/**
 * The options of the agent, from `crowdsec.config.{ts,js,json,yaml}` and the `CROWDSEC_*` variables of the environment, which go before the
 * file. The command `crowdsec-sdk` reads the same, so that both are one installation:
 *
 * ```ts
 * const crowdsec = createCrowdsec(await loadCrowdsecOptions());
 * ```
 *
 * @throws ConfigError when nothing is configured, or something is wrong; unknown names are told with the nearest one that exists
 */
export async function loadCrowdsecOptions(options: LoadOptions = {}): Promise<CrowdsecOptions> {
  return (await loadCrowdsecConfig(options)).options;
}

/** As {@link loadCrowdsecOptions}, with where the options come from. */
export async function loadCrowdsecConfig({
  config,
  cwd = process.cwd(),
  env = process.env,
}: LoadOptions = {}): Promise<LoadedConfig> {
  const environment = readEnvironment(env);
  const named = config ?? (env[CONFIG_VARIABLE] === '' ? undefined : env[CONFIG_VARIABLE]);
  const file = await readConfigFile(named, cwd);
  if (file === undefined && environment.variables.length === 0) {
    throw new ConfigError(
      `Nothing is configured: there is no crowdsec.config.{ts,js,json,yaml} in ${cwd} or above, and no CROWDSEC_* variable is set. ` +
        'Begin with a file crowdsec.config.json that holds { "env": "prod" }, or name one by --config.',
    );
  }
  if (file !== undefined) checkNames(file.options, file.path);
  const ofFile = file === undefined ? {} : withAbsolutePaths(file.options, dirname(file.path));
  const options = mergeOptions(ofFile, environment.options) as CrowdsecOptions;
  // What a file says of where a secret stands gives way to the secret.
  for (const secret of environment.secrets) dropOption(options as Record<string, unknown>, `${secret}File`);
  return { options, ...(file === undefined ? {} : { file: file.path }), variables: environment.variables };
}

/** Options that name a file or a folder: what is relative in a configuration file is so to its folder, wherever the process runs. */
const PATHS = ['stateDir', 'lapi.apiKeyFile', 'lapi.machine.passwordFile', 'appsec.apiKeyFile'];

function withAbsolutePaths(options: Record<string, unknown>, folder: string, path = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      if (isPlainObject(value)) return [name, withAbsolutePaths(value, folder, `${path}${name}.`)];
      const isPath = PATHS.includes(path + name) && typeof value === 'string' && value !== '' && !isAbsolute(value);
      return [name, isPath ? resolve(folder, value) : value];
    }),
  );
}
