import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../redis-server.mjs';
import { AGENTS_OU, BOUNCERS_OU, certificates } from './certificates.mjs';
import { environmentOf } from './engine-package.mjs';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Engine, EngineAlert, EngineBinaries, EngineDecision } from './types.d.mts' */

const run = promisify(execFile);
const CSCLI_MS = 30_000;
const START_MS = 30_000;
/** The machine as which `cscli` itself asks the local API. */
const OPERATOR = { login: 'operator', password: 'the-operators-own-password' };

/** What Debian's package ships as `profiles.yaml`: an IP that an alert asks to remediate is banned for four hours. */
const DEFAULT_PROFILE = `name: default_ip_remediation
filters:
 - Alert.Remediation == true && Alert.GetScope() == "Ip"
decisions:
 - type: ban
   duration: 4h
on_success: break
`;

/**
 * Starts a real engine in a folder of its own: its local API on a free port of 127.0.0.1, a database of SQLite, the default profile, no
 * log processor, and no client of the Central API, so that it talks to nobody.
 *
 * @param {EngineBinaries} engine
 * @param {{ tls?: boolean }} [options] `tls` has it speak TLS, and take client certificates in place of keys and passwords
 * @returns {Promise<Engine>}
 */
export async function startEngine(engine, { tls = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-engine-'));
  const port = await freePort();
  const made = tls ? await certificates(folder) : undefined;
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  await configure(folder, url);
  const env = environmentOf(engine);
  const config = ['-c', join(folder, 'config.yaml')];
  const cscli = async (/** @type {readonly string[]} */ ...args) =>
    (await run(join(engine.bin, 'cscli'), [...config, ...args], { env, timeout: CSCLI_MS, maxBuffer: 1 << 28 })).stdout;

  let log = '';
  /** @type {ChildProcess | undefined} */
  let server;
  const start = async () => {
    const started = (server = spawn(join(engine.bin, 'crowdsec'), [...config, '-no-cs'], { env, cwd: folder }));
    for (const output of [started.stdout, started.stderr]) output.on('data', (text) => (log += String(text)));
    await isListening(port, started, () => log);
  };
  const stop = async () => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGTERM');
    await once(server, 'exit');
  };
  const killAtExit = () => void server?.kill('SIGKILL');
  process.once('exit', killAtExit);
  await cscli('machines', 'add', OPERATOR.login, '-p', OPERATOR.password, '-f', '/dev/null');
  await start();
  return {
    url,
    certificates: made,
    version: await versionOf(engine, env),
    get log() {
      return log;
    },
    ...commands(cscli, folder),
    cscli,
    start,
    stop,
    async restart() {
      await stop();
      await start();
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', killAtExit);
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * @param {string} folder
 * @param {string} url
 */
async function configure(folder, url) {
  const at = (/** @type {string} */ name) => JSON.stringify(join(folder, name));
  await Promise.all(['data', 'hub', 'notifications', 'plugins'].map((name) => mkdir(join(folder, name))));
  const tls = url.startsWith('https:')
    ? `    tls: { cert_file: ${at('server.pem')}, key_file: ${at('server.key')}, ca_cert_path: ${at('ca.pem')}, agents_allowed_ou: [${AGENTS_OU}], bouncers_allowed_ou: [${BOUNCERS_OU}] }\n`
    : '';
  const config = `common: { daemonize: false, log_media: stdout, log_level: info, working_dir: ${at('')} }
config_paths:
  config_dir: ${at('')}
  data_dir: ${at('data')}
  hub_dir: ${at('hub')}
  index_path: ${at('hub/.index.json')}
  notification_dir: ${at('notifications')}
  plugin_dir: ${at('plugins')}
  simulation_path: ${at('simulation.yaml')}
cscli: { output: raw }
db_config: { type: sqlite, db_path: ${at('data/crowdsec.db')}, use_wal: true }
api:
  client: { insecure_skip_verify: true, credentials_path: ${at('credentials.yaml')} }
  server:
    listen_uri: ${JSON.stringify(new URL(url).host)}
    profiles_path: ${at('profiles.yaml')}
    console_path: ${at('console.yaml')}
${tls}prometheus: { enabled: false }
`;
  await writeFile(join(folder, 'config.yaml'), config);
  await writeFile(join(folder, 'profiles.yaml'), DEFAULT_PROFILE);
  await writeFile(join(folder, 'simulation.yaml'), 'simulation: false\n');
  const { login, password } = OPERATOR;
  await writeFile(join(folder, 'credentials.yaml'), `url: ${url}\nlogin: ${login}\npassword: ${password}\n`);
}

/**
 * What an operator does by hand.
 *
 * @param {(...args: readonly string[]) => Promise<string>} cscli
 * @param {string} folder
 */
function commands(cscli, folder) {
  return {
    addBouncer: async (/** @type {string} */ name) => (await cscli('bouncers', 'add', name)).trim(),
    removeBouncer: async (/** @type {string} */ name) => void (await cscli('bouncers', 'delete', name)),
    addMachine: async (/** @type {string} */ machineId, /** @type {string} */ password) =>
      void (await cscli('machines', 'add', machineId, '-p', password, '-f', '/dev/null')),
    removeMachine: async (/** @type {string} */ machineId) => void (await cscli('machines', 'delete', machineId)),
    addDecision: async (/** @type {EngineDecision} */ decision) =>
      void (await cscli('decisions', 'add', ...flags({ type: 'ban', duration: '4h', ...decision }))),
    deleteDecisions: async (/** @type {EngineDecision} */ target) =>
      void (await cscli('decisions', 'delete', ...flags({ ...target }))),
    importDecisions: async (/** @type {readonly string[]} */ values, duration = '4h') => {
      const rows = values.map((value) => ({
        value,
        scope: value.includes('/') ? 'range' : 'ip',
        type: 'ban',
        duration,
      }));
      const file = join(folder, 'import.json');
      await writeFile(file, JSON.stringify(rows));
      await cscli('decisions', 'import', '-i', file);
    },
    decisions: async () =>
      /** @type {EngineAlert[] | null} */ (
        JSON.parse(await cscli('decisions', 'list', '-a', '-o', 'json', '-l', '0'))
      )?.flatMap(({ decisions }) => decisions ?? []) ?? [],
    alerts: async () =>
      /** @type {EngineAlert[] | null} */ (JSON.parse(await cscli('alerts', 'list', '-a', '-o', 'json', '-l', '0'))) ??
      [],
  };
}

/** @param {Readonly<Record<string, string>>} named */
function flags(named) {
  return Object.entries(named).flatMap(([name, value]) => [`--${name}`, value]);
}

/**
 * @param {number} port
 * @param {ChildProcess} server
 * @param {() => string} log
 */
async function isListening(port, server, log) {
  const endAt = performance.now() + START_MS;
  while (performance.now() < endAt && server.exitCode === null && server.signalCode === null) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await delay(25);
  }
  server.kill('SIGKILL');
  throw new Error(`The engine does not listen on port ${port}:\n${log()}`);
}

/**
 * @param {EngineBinaries} engine
 * @param {NodeJS.ProcessEnv} env
 */
async function versionOf(engine, env) {
  const { stdout, stderr } = await run(join(engine.bin, 'cscli'), ['version'], { env, timeout: CSCLI_MS });
  return /version: v?(\d+\.\d+\.\d+)/.exec(stdout + stderr)?.[1] ?? 'unknown';
}
