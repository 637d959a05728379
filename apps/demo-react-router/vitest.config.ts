import { mergeConfig } from 'vitest/config';
import { packageTests } from '../../vitest.shared.mjs';

/** The server runs as Node loads it, with one copy of React Router. */
export default mergeConfig(packageTests(), { test: { server: { deps: { external: [/create-app\.js$/] } } } });
