/** `npm run example:prometheus`: the demo with OpenTelemetry's exporter for Prometheus, until it is stopped. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

console.log('Building the demo and the exporter …');
const projects = '@crowdsec-sdk/demo,@crowdsec-sdk/example-prometheus';
const build = spawnSync('npx', ['nx', 'run-many', '-t', 'build', '-p', projects], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, NX_DAEMON: 'false' },
});
if (build.status !== 0) {
  console.error(`${build.stdout ?? ''}${build.stderr ?? ''}${build.error?.message ?? ''}`);
  process.exit(1);
}

const command = ['--import', './apps/prometheus/dist/instrumentation.js', 'apps/demo/dist/main.js'];
const demo = spawn(process.execPath, command, { cwd: root, stdio: 'inherit' });
// A terminal signals the whole group; a supervisor signals this process alone.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => demo.kill(signal));
demo.on('exit', (code) => process.exit(code ?? 1));
