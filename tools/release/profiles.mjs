import { NEXT, REACT_ROUTER, SVELTEKIT } from './project-profiles.mjs';

/**
 * How an application of a framework is made, beside what its README gives.
 *
 * @typedef {object} Profile
 * @property {string} label
 * @property {Readonly<Record<string, string>>} base dependencies that an application of this framework has before it takes the package
 * @property {Readonly<Record<string, string>>} [files] that it has before; those of the README replace them
 * @property {Readonly<Record<string, unknown>>} [packageJson] what package.json has before the README's own lines change it
 * @property {Readonly<Record<string, unknown>>} compilerOptions beside `strict`, `declaration` and `skipLibCheck: false`
 * @property {Readonly<Record<string, unknown>>} [tsconfig] what tsconfig.json has beside them
 * @property {readonly string[]} [prepare] the module and the arguments by which Node writes the framework's types, before code is compiled
 * @property {Readonly<Record<string, RegExp>>} [fragments] files that the user has already and is told to change: each is the block without
 *   title that matches
 * @property {RegExp} [startScript] finds, in such a block, what a user is told to start the application with: NAME=value before the command is set
 * @property {readonly string[]} [build] the module and the arguments by which Node builds it; TypeScript's own output is run unless given
 * @property {readonly string[]} [start] the same for starting it
 * @property {Readonly<Record<string, string>>} [env] of the process
 * @property {Readonly<Record<string, string>>} [notCompiled] versions of TypeScript that the framework's own types do not compile with, and why
 * @property {readonly (number | string)[]} [ends] how SIGTERM ends it, by exit codes and signals; 0 unless given
 */

const NODE_OPTIONS = { module: 'nodenext', target: 'es2022', types: ['node'] };
const DECORATORS = { experimentalDecorators: true, emitDecoratorMetadata: true };

/** @type {Profile} */
const PLAIN = { label: '', base: {}, compilerOptions: NODE_OPTIONS };

/**
 * Tests, which join an application that is of ES modules already.
 *
 * @type {Profile}
 */
const TESTS = { ...PLAIN, packageJson: { type: 'module' } };

/** @type {Profile} */
const NEST = { ...PLAIN, compilerOptions: { ...NODE_OPTIONS, ...DECORATORS } };

/** @typedef {readonly [Profile, ...Profile[]]} Profiles one row each: no package is left out without a word */

/** @type {Readonly<Record<string, Profiles>>} */
const PROFILES = {
  conformance: [TESTS],
  // The types of h3 2 override members that only newer libraries declare, and import h3's optional peer for WebSockets.
  h3: [{ ...PLAIN, base: { crossws: '^0.4.12' }, compilerOptions: { ...NODE_OPTIONS, lib: ['esnext', 'dom'] } }],
  nestjs: [
    // As `nest new` of either version makes it: CommonJS then, ES modules now.
    { ...NEST, label: '11', base: nest('11') },
    { ...NEST, label: '12', base: nest('12'), packageJson: { type: 'module' } },
  ],
  next: [NEXT],
  'react-router': [REACT_ROUTER],
  sandbox: [TESTS],
  sveltekit: [SVELTEKIT],
};

/**
 * @param {string} name of the package, without its scope
 * @returns {Profiles}
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
