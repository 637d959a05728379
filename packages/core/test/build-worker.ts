import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** A script that any Node can run, in a folder that whoever asked removes. */
export interface BuiltWorker {
  readonly folder: string;
  readonly script: string;
}

/**
 * Makes plain JavaScript of a worker.
 *
 * @param name the file in this folder, without its ending
 */
export async function buildWorker(name: string): Promise<BuiltWorker> {
  // Within the package, where the libraries are found that it imports.
  const root = fileURLToPath(new URL('..', import.meta.url));
  await mkdir(join(root, 'test-results'), { recursive: true });
  const folder = await mkdtemp(join(root, 'test-results', 'workers-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    root,
    build: { ssr: `test/${name}.ts`, outDir: folder, target: 'node20', minify: false },
  });
  return { folder, script: join(folder, `${name}.js`) };
}
