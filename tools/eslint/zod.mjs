/**
 * Imports of zod are `import * as z from 'zod'`, of which every bundler leaves out what nobody uses. Its export `z` is an object with all of zod:
 * with it esbuild's bundle has the error messages of fifty languages too, 350 kB altogether.
 *
 * An option of `no-restricted-syntax`, since `no-restricted-imports` takes a namespace for an import of each restricted name.
 */
export const wholeNamespaceOfZod = {
  selector: 'ImportDeclaration[source.value=/^zod($|\\u002f)/] > :not(ImportNamespaceSpecifier, Literal)',
  message: "Write import * as z from 'zod': for any other import esbuild keeps all of zod, its fifty languages too.",
};
