/**
 * How an application of a framework is made, beside what its README gives.
 *
 * @typedef {object} Profile
 * @property {string} label
 * @property {Readonly<Record<string, string>>} base dependencies that an application of this framework has before it takes the package
 * @property {Readonly<Record<string, string>>} [files] that it has before; those of the README replace them
 * @property {Readonly<Record<string, unknown>>} [packageJson]
 * @property {Readonly<Record<string, unknown>>} compilerOptions beside `strict` and `skipLibCheck: false`
 * @property {Readonly<Record<string, RegExp>>} [fragments] files that the user has already and is told to change: each is the block without
 *   title that matches
 * @property {RegExp} [startScript] finds, in such a block, what a user is told to start the application with: NAME=value before the command is set
 * @property {readonly string[]} [build] the module and the arguments by which Node builds it; TypeScript's own output is run unless given
 * @property {readonly string[]} [start] the same for starting it
 * @property {Readonly<Record<string, string>>} [env] of the process
 * @property {readonly string[]} [typescript] versions that the framework's own types compile with; all that users have unless given
 * @property {readonly (number | string)[]} [ends] how SIGTERM ends it, by exit codes and signals; 0 unless given
 */

const NODE_OPTIONS = { module: 'nodenext', target: 'es2022', types: ['node'] };
const DECORATORS = { experimentalDecorators: true, emitDecoratorMetadata: true };

/** @type {Profile} */
const PLAIN = { label: '', base: {}, packageJson: { type: 'module' }, compilerOptions: NODE_OPTIONS };

/** @type {Profile} Nest's shutdown hooks end the process by the signal that they were called for, where nobody else listens to it. */
const NEST = { ...PLAIN, compilerOptions: { ...NODE_OPTIONS, ...DECORATORS }, ends: [0, 'SIGTERM'] };

/** @type {Readonly<Record<string, readonly Profile[]>>} */
const PROFILES = {
  // The types of h3 2 override members that only newer libraries declare.
  h3: [{ ...PLAIN, compilerOptions: { ...NODE_OPTIONS, lib: ['esnext', 'dom'] } }],
  // Whole projects, of which the READMEs show the files that matter: apps/demo-sveltekit and apps/demo-react-router are built and served in tests.
  sveltekit: [],
  'react-router': [],
  nestjs: [
    // As `nest new` of either version makes it: CommonJS then, ES modules now.
    { ...NEST, label: '11', base: nest('11'), packageJson: {} },
    { ...NEST, label: '12', base: nest('12') },
  ],
  next: [
    {
      label: '',
      base: {
        next: '^16.0.0',
        react: '^19.0.0',
        'react-dom': '^19.0.0',
        '@types/react': '^19.0.0',
        '@types/react-dom': '^19.0.0',
        typescript: '^6.0.0',
      },
      files: {
        'app/layout.tsx':
          'import type { ReactNode } from \'react\';\n\nexport default function Layout({ children }: { children: ReactNode }) {\n  return (\n    <html lang="en">\n      <body>{children}</body>\n    </html>\n  );\n}\n',
        'app/page.tsx': 'export default function Page() {\n  return <p>The shop</p>;\n}\n',
        'next-env.d.ts': '/// <reference types="next" />\n/// <reference types="next/image-types/global" />\n',
      },
      compilerOptions: {
        ...{ module: 'esnext', moduleResolution: 'bundler', target: 'es2022', lib: ['dom', 'dom.iterable', 'esnext'] },
        ...{ jsx: 'react-jsx', noEmit: true, esModuleInterop: true, resolveJsonModule: true, isolatedModules: true },
      },
      fragments: { 'next.config.ts': /\bconst nextConfig\b/ },
      startScript: /"start": "([^"]+)"/,
      build: ['next/dist/bin/next', 'build'],
      start: ['next/dist/bin/next', 'start'],
      env: { NEXT_TELEMETRY_DISABLED: '1' },
      // Types of Next name some of the DOM that TypeScript 5.9 does not have.
      typescript: ['6.0', '7.0'],
      // As Next ends by itself.
      ends: [0, 143],
    },
  ],
};

/**
 * @param {string} name of the package, without its scope
 * @returns {readonly Profile[]}
 */
export function profilesOf(name) {
  return PROFILES[name] ?? [PLAIN];
}

/** @param {string} major */
function nest(major) {
  return {
    ...Object.fromEntries(['common', 'core', 'platform-express'].map((name) => [`@nestjs/${name}`, `^${major}.0.0`])),
    'reflect-metadata': '^0.2.0',
    rxjs: '^7.8.0',
  };
}
