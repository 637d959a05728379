import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { freePort } from './redis-server.mjs';

/** @import { Demo } from './start-demo.d.mts' */

/**
 * @param {string} folder
 * @returns {Promise<Demo>}
 */
export async function startDemo(folder) {
  const port = await freePort();
  /** @type {{ scripts: { start: string } }} */
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  // Without npm, which ends at a signal whatever its script does.
  const child = spawn('sh', ['-c', `exec ${scripts.start}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', PORT: `${port}` },
  });
  const exit = once(child, 'exit');
  let output = '';
  const printed = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (/** @type {Buffer} */ chunk) => {
        output += chunk.toString();
        if (output.includes('Try:')) resolve(true);
      });
    }
  });
  if ((await Promise.race([printed, exit])) !== true) throw new Error(`The demo ended instead of starting:\n${output}`);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exit;
      return code;
    },
  };
}
