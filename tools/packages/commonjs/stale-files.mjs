import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What `tsc` writes for a source. */
const WRITTEN = /(?:\.d\.ts|\.js|\.js\.map)$/;

/**
 * Removes what `tsc` wrote once for sources that are gone: it would be published.
 *
 * @param {string} folder of the package
 */
export function removeStale(folder) {
  const files = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    WRITTEN.test(file),
  );
  for (const file of files.filter((file) => !/^(?:cjs|command)[/\\]/.test(file))) {
    const source = join(folder, 'src', file.replace(WRITTEN, ''));
    const hasSource = [`${source}.ts`, `${source}.tsx`].some((path) => existsSync(path));
    if (!hasSource || file.endsWith('.map')) rmSync(join(folder, 'dist', file));
  }
}
