import { createRequire } from 'node:module';

/** The version of this package, as its package.json has it. */
export function packageVersion(): string {
  // By the package's own name: the same from every folder that a build writes to.
  const { version } = createRequire(import.meta.url)('@crowdsec-sdk/sandbox/package.json') as { version: string };
  return version;
}
