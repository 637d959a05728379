import { esModuleOf, hasCommonjs } from './workspace.mjs';

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
    ...entriesOf(manifest.exports ?? {}, hasCommonjs(manifest)),
    publishConfig: { ...manifest.publishConfig, access: 'public' },
  };
  const keys = [...ORDER, ...Object.keys(written).filter((key) => !ORDER.includes(key))];
  return /** @type {Manifest} */ (
    Object.fromEntries(keys.filter((key) => written[key] !== undefined).map((key) => [key, written[key]]))
  );
}

/**
 * `exports` with both builds of each entry, and `main`, `types` and `typesVersions`: what TypeScript reads instead where `moduleResolution`
 * is `node10`, the default of `module: commonjs` before TypeScript 6.
 *
 * @param {Record<string, Export>} given
 * @param {boolean} isDual has a CommonJS build
 */
function entriesOf(given, isDual) {
  const modules = Object.entries(given).flatMap(([entry, target]) => {
    const path = builtPath(target);
    return path === undefined ? [] : [{ entry, path }];
  });
  const older = isDual ? commonjs : esModule;
  const main = modules.find(({ entry }) => entry === '.');
  const others = modules.filter(({ entry }) => entry !== '.').map(({ entry, path }) => [entry.slice(2), path]);
  const typesOf = Object.fromEntries(others.map(([entry = '', path = '']) => [entry, [older(path).types]]));
  return {
    main: main && older(main.path).default,
    types: main && older(main.path).types,
    typesVersions: others.length === 0 ? undefined : { '*': typesOf },
    exports: {
      ...given,
      ...Object.fromEntries(modules.map(({ entry, path }) => [entry, isDual ? conditions(path) : esModule(path)])),
    },
  };
}

/**
 * An entry as its conditions. Node and Deno take `module-sync` for `import` and `require()` alike, bundlers `module` and Bun `bun`, so that a
 * process or a bundle has one copy of a package; what knows none of them, such as Jest, takes CommonJS for `require()`.
 *
 * @param {string} path
 */
function conditions(path) {
  const esm = esModule(path);
  return { 'module-sync': esm, module: esm, bun: esm, import: esm, require: commonjs(path), default: esm.default };
}

/** @param {string} path */
function esModule(path) {
  return { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` };
}

/** @param {string} path */
function commonjs(path) {
  return { types: `./dist/cjs/${path}.d.ts`, default: `./dist/cjs/${path}.js` };
}

/**
 * The path in `dist` of an entry's module, without its ending; nothing for entries that are files as they are.
 *
 * @param {Export} target
 * @returns {string | undefined}
 */
function builtPath(target) {
  const file = esModuleOf(target);
  return file === undefined ? undefined : /^\.\/dist\/(.+)\.js$/.exec(file)?.[1];
}
