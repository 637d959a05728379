import { plainPath } from '@crowdsec-sdk/core/extension';

/**
 * Tells which plain paths are excepted: those that are named, and those of a folder that is named with `/*` after it
 * (`/wiki/*`), the folder itself among them. Spelling and case do not matter.
 */
export function exceptRule(except: readonly string[]): (plain: string) => boolean {
  const exact = new Set(except.filter((path) => !path.endsWith('/*')).map(plainPath));
  const folders = except.filter((path) => path.endsWith('/*')).map((path) => inside(plainPath(path.slice(0, -1))));
  return (plain) => exact.has(plain) || folders.some((folder) => inside(plain).startsWith(folder));
}

function inside(folder: string): string {
  return folder === '/' ? folder : `${folder}/`;
}
