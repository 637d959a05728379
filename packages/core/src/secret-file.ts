import { readFileSync } from 'node:fs';
import { CrowdsecError, messageOf } from './errors.js';
import { Secret } from './secret.js';

/** A secret as options give it: itself, or the file that holds it. */
export interface GivenSecret {
  readonly value?: string | undefined;
  /** A path. Line breaks at the end of the file are not part of the secret. */
  readonly file?: string | undefined;
}

/**
 * The secret that was given as a text or as a file, such as one that a container platform mounts; `undefined` when neither was. The file is
 * read at once.
 *
 * @param path what the option is called in messages, such as `options.appsec.apiKey`; that of the file has `File` at its end
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` when both were given, or when the file can't be read or holds nothing
 */
export function secretOf({ value, file }: GivenSecret, path: string): Secret | undefined {
  if (value !== undefined && file !== undefined)
    throw invalid(path, `give either ${path} or ${path}File, not both`, undefined);
  if (file !== undefined) return new Secret(contentOf(file, `${path}File`));
  return value === undefined ? undefined : new Secret(value);
}

function contentOf(file: string, path: string): string {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(path, `the file can't be read: ${messageOf(error)}`, error);
  }
  const secret = content.replace(/[\r\n]+$/, '');
  if (secret === '') throw invalid(path, `the file ${file} is empty`, undefined);
  return secret;
}

function invalid(path: string, message: string, cause: unknown): CrowdsecError {
  return new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: ${message}`, { path, cause });
}
