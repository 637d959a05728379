import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';
import { isPlainObject } from './check-names.js';
import { nearest } from './nearest.js';
import { CONFIG_VARIABLE, VARIABLES, type VariableKind } from './variables.js';

/** Options that environment variables set, and the names of those variables. */
export interface EnvironmentOptions {
  readonly options: Record<string, unknown>;
  readonly variables: readonly string[];
  /** The options among them that hold secrets. */
  readonly secrets: readonly string[];
}

/** A misspelt name is this near to the one that was meant. Other software has variables that begin with `CROWDSEC_`, too. */
const MISSPELT_BY = 2;

/**
 * Reads the `CROWDSEC_*` variables; an empty one counts as not set. A secret may stand in a file whose name is in the variable with `_FILE`
 * at its end.
 *
 * @throws ConfigError for a text that is none of its kind, a file that can't be read, a secret that is given twice, and a name that is
 *   nearly one of ours
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): EnvironmentOptions {
  const options: Record<string, unknown> = {};
  const variables: string[] = [];
  const secrets: string[] = [];
  for (const { name, option, kind } of VARIABLES) {
    const value = textOf(env, name, kind);
    if (value === undefined) continue;
    variables.push(value.from);
    if (kind === 'secret') secrets.push(option);
    setOption(options, option, parseText(value.text, kind, value.from));
  }
  refuseMisspelt(env);
  return { options, variables, secrets };
}

/** Sets a member of members, such as `lapi.machine.password`. */
function setOption(options: Record<string, unknown>, path: string, value: unknown): void {
  const { inner, last } = innermost(options, path);
  inner[last] = value;
}

/** Takes a member of members away, if there is one. */
export function dropOption(options: Record<string, unknown>, path: string): void {
  const { inner, last } = innermost(options, path);
  Reflect.deleteProperty(inner, last);
}

function innermost(
  options: Record<string, unknown>,
  path: string,
): { readonly inner: Record<string, unknown>; readonly last: string } {
  const names = path.split('.');
  const last = names.pop()!;
  let inner = options;
  for (const name of names) inner = (inner[name] ??= {}) as Record<string, unknown>;
  return { inner, last };
}

/** Lays the second options over the first, members of members too. */
export function mergeOptions(first: Record<string, unknown>, second: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const held = merged[name];
    merged[name] = isPlainObject(held) && isPlainObject(value) ? mergeOptions(held, value) : value;
  }
  return merged;
}

function textOf(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  kind: VariableKind,
): { readonly text: string; readonly from: string } | undefined {
  const text = env[name] === '' ? undefined : env[name];
  const fileVariable = `${name}_FILE`;
  const file = kind === 'secret' && env[fileVariable] !== '' ? env[fileVariable] : undefined;
  if (text !== undefined && file !== undefined) {
    throw new ConfigError(`${name} and ${fileVariable} are both set: give one of them.`);
  }
  if (file !== undefined) return { text: secretIn(file, fileVariable), from: fileVariable };
  return text === undefined ? undefined : { text, from: name };
}

function secretIn(file: string, name: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new ConfigError(`${name}: the file ${file} can't be read (${why}).`, { cause: error });
  }
  if (text === '') throw new ConfigError(`${name}: the file ${file} is empty.`);
  return text;
}

function parseText(text: string, kind: VariableKind, name: string): unknown {
  if (kind === 'number') return numberOf(text, name);
  if (kind === 'boolean') return booleanOf(text, name);
  if (kind === 'list') return listOf(text);
  if (kind !== 'proxies') return text;
  if (text === 'loopback' || text === 'private') return text;
  return /^\d+$/.test(text) ? Number(text) : listOf(text);
}

function listOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}

function numberOf(text: string, name: string): number {
  if (!/^\d+$/.test(text)) throw new ConfigError(`${name} must be a whole number, such as 2000.`);
  return Number(text);
}

function booleanOf(text: string, name: string): boolean {
  const isTrue = /^(?:true|1|yes|on)$/i.test(text);
  if (!isTrue && !/^(?:false|0|no|off)$/i.test(text)) throw new ConfigError(`${name} must be true or false.`);
  return isTrue;
}

function refuseMisspelt(env: Readonly<Record<string, string | undefined>>): void {
  const secrets = VARIABLES.filter(({ kind }) => kind === 'secret').map(({ name }) => `${name}_FILE`);
  const known = [...VARIABLES.map(({ name }) => name), ...secrets, CONFIG_VARIABLE];
  for (const name of Object.keys(env)) {
    if (!name.startsWith('CROWDSEC_') || known.includes(name)) continue;
    const meant = nearest(name, known, MISSPELT_BY);
    if (meant !== undefined) throw new ConfigError(`There is no variable ${name}. Did you mean ${meant}?`);
  }
}
