/**
 * Imports a package that an application may do without, at the moment when it is needed. A bundler would look for it when it builds, and
 * fail where it is not installed: a name that is a value, and these comments, have webpack, Turbopack, Vite, Rollup and esbuild leave it
 * to the runtime.
 *
 * @throws whatever the runtime throws where the package is not installed
 */
export async function importOptional(name: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name) as Promise<unknown>;
}
