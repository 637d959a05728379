/** `npm run demo`: builds what the demo needs, then runs it until it is stopped. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

console.log('Building the demo …');
const build = spawnSync('npx', ['nx', 'run', '@crowdsec-sdk/demo:build'], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, NX_DAEMON: 'false' },
});
if (build.status !== 0) {
  console.error(`${build.stdout ?? ''}${build.stderr ?? ''}${build.error?.message ?? ''}`);
  process.exit(1);
}

const demo = spawn(process.execPath, ['apps/demo/dist/main.js'], { cwd: root, stdio: 'inherit' });
// A terminal signals the whole group; a supervisor signals this process alone.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => demo.kill(signal));
demo.on('exit', (code) => process.exit(code ?? 1));
