import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { parse, resolve } from 'node:path';
import type { DecisionSource } from './decision-source.js';
import type { ListOptions } from './list-options.js';
import { listSource } from './list-source.js';

/** The options of {@link listFile}. */
export interface ListFileOptions extends ListOptions {
  /** How often the file is looked at, in ms: 1,000 to a day, 10,000 by default. It is read only when it has changed. */
  readonly everyMs?: number | undefined;
}

/**
 * Decisions out of a file: one address or CIDR a line; `#` and `;` begin a comment. Each process reads it itself, at its
 * start and when it has changed. A change counts once two looks in a row have found the same, so a file that is being
 * written is left alone. While it is missing or can't be read, what was read of it holds, and health names it.
 *
 * ```ts
 * { name: 'acme.lists', apiVersion: 1, sources: [listFile('blocklist.txt'), listFile('us.txt', { kind: 'allowlist' })] }
 * ```
 *
 * @param options.name the name of the file, without its ending, by default
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function listFile(path: string, options: ListFileOptions = {}): DecisionSource {
  const file = resolve(path);
  return listSource({
    ...options,
    name: options.name ?? parse(file).name,
    version: async () => {
      const stats = await stat(file, { bigint: true });
      if (!stats.isFile()) throw new Error(`${file} is no file`);
      return `${stats.ino}:${stats.mtimeNs}:${stats.size}`;
    },
    read: ({ signal }) => createReadStream(file, { signal }),
  });
}
