/**
 * Finds import circles: of modules of one package, and of packages; `import type` counts. Run by `npm run lint` (the target `cycles` of
 * the project `tools`). ESLint's `no-cycle` passes over type imports, which make modules no easier to read apart. Version 18 needs
 * Node 22.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two modules that need each other are one, or both need a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: {
      path: ['/dist/', '/\\.(next|nitro|output|svelte-kit|react-router)/', '/apps/[^/]+/build/', '/test-results/'],
    },
    // Imports that the compiler removes count too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'types', 'default'],
      exportsFields: ['exports'],
    },
  },
};
