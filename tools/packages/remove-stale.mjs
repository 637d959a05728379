/**
 * `node remove-stale.mjs`, in the folder of a package that `tsc` alone builds: removes from `dist` what has no source any more, which would be
 * published, and kept in Nx's cache. The other packages' builds do that in build-commonjs.mjs.
 */
import process from 'node:process';
import { removeStale } from './commonjs/stale-files.mjs';

removeStale(process.cwd());
