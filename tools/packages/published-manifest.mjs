/** @import { Export, Manifest } from './workspace.mjs' */

/** The order in which a published `package.json` says what it says; the rest follows as it was. */
const ORDER = [
  ...['name', 'version', 'description', 'keywords', 'license', 'author', 'homepage', 'repository', 'bugs'],
  ...['type', 'sideEffects', 'engines', 'main', 'types', 'typesVersions', 'exports', 'bin', 'files', 'publishConfig'],
  ...['scripts', 'nx'],
];

/**
 * The web address of the repository, of which `repository` in the root's `package.json` is the one source.
 *
 * @param {Manifest} root
 */
export function repositoryPage(root) {
  const url = /^git\+(https:\/\/.+)\.git$/.exec(root.repository?.url ?? '')?.[1];
  if (url === undefined) throw new Error("The root's package.json must have a repository.url: git+https://….git");
  return url;
}

/**
 * A package's `package.json` as it is published: what is the same for all comes from the root's, what older resolvers read comes from
 * `exports`.
 *
 * @param {Manifest} manifest
 * @param {string} folder `packages/core`
 * @param {Manifest} root
 * @returns {Manifest}
 */
export function publishedManifest(manifest, folder, root) {
  const page = repositoryPage(root);
  /** @type {Record<string, unknown>} */
  const written = {
    ...manifest,
    keywords: [...new Set(['crowdsec', ...(manifest.keywords ?? [])])],
    license: root.license,
    author: root.author,
    homepage: `${page}/tree/main/${folder}#readme`,
    repository: { ...root.repository, directory: folder },
    bugs: { url: `${page}/issues` },
    type: 'module',
    sideEffects: manifest.sideEffects ?? false,
    engines: root.engines,
    ...forOlderResolvers(manifest.exports ?? {}),
    publishConfig: { ...manifest.publishConfig, access: 'public' },
  };
  const keys = [...ORDER, ...Object.keys(written).filter((key) => !ORDER.includes(key))];
  return /** @type {Manifest} */ (
    Object.fromEntries(keys.filter((key) => written[key] !== undefined).map((key) => [key, written[key]]))
  );
}

/**
 * `main`, `types` and `typesVersions`: what TypeScript reads instead of `exports` where `moduleResolution` is `node10`, the default of
 * `module: commonjs` before TypeScript 6.
 *
 * @param {Record<string, Export>} entries
 */
function forOlderResolvers(entries) {
  const found = Object.entries(entries)
    .map(([entry, target]) => ({ entry, code: targetOf(target, 'default'), types: targetOf(target, 'types') }))
    .filter(({ types }) => types !== undefined);
  const main = found.find(({ entry }) => entry === '.');
  const others = found.filter(({ entry }) => entry !== '.').map(({ entry, types }) => [entry.slice(2), [types]]);
  return {
    main: main?.code,
    types: main?.types,
    typesVersions: others.length === 0 ? undefined : { '*': Object.fromEntries(others) },
  };
}

/**
 * @param {Export} target
 * @param {'types' | 'default'} condition
 * @returns {string | undefined}
 */
function targetOf(target, condition) {
  if (typeof target === 'string') return condition === 'default' ? target : undefined;
  const found = target['require'] ?? target[condition];
  return found === undefined || typeof found === 'string' ? found : targetOf(found, condition);
}
