import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @import { Plugin } from 'rolldown' */

/** @returns {Plugin} writes the licences of the packages that a bundle holds beside it, as `THIRD-PARTY-LICENSES.txt` */
export function licensesPlugin() {
  return {
    name: 'licenses',
    generateBundle(_options, bundle) {
      const ids = Object.values(bundle).flatMap((output) => (output.type === 'chunk' ? output.moduleIds : []));
      const folders = new Set(ids.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
      const texts = [...folders].map(licenseOf);
      if (texts.length === 0) return;
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: texts.sort().join('\n\n---\n\n') });
    },
  };
}

/** @param {string} folder */
function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version}\n\n${text}`;
}
