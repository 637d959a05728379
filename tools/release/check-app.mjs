import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { startApp } from '../packages/app-process.mjs';

/** @import { SandboxProcess } from '../packages/sandbox-process.mjs' */

/** Public addresses: the documentation's own are never reported. */
const BANNED = '5.188.10.66';
const VISITOR = '5.188.10.7';
const PULLED_WITHIN_MS = 30_000;
const REPORTED_WITHIN_MS = 5_000;

/** What scanners ask for, so that detectors have something to see. */
const PROBES = [
  '.env',
  'wp-login.php',
  '.git/config',
  'phpmyadmin/',
  'backup.sql',
  'admin.php',
  'config.json',
  'id_rsa',
];

/**
 * Runs an application against the sandbox: a banned client must be refused and another one served; with `attacker`, what that address does
 * must come to the sandbox as a signal; SIGTERM must end the process
 * as `ends` says, with code 0 unless given.
 *
 * @param {readonly [string, ...string[]]} command
 * @param {object} options
 * @param {string} options.cwd
 * @param {number} options.port that it listens on, by PORT
 * @param {SandboxProcess} options.sandbox
 * @param {Readonly<Record<string, string | undefined>>} options.env
 * @param {readonly (number | string)[]} [options.ends] exit codes and signals
 * @param {string} [options.attacker] a public address that no other run uses
 * @returns {Promise<{ refused: string, reported: string, stopped: string, output: string }>} each `ok`, or what happened instead
 */
export async function checkApp(command, { cwd, port, sandbox, env, ends = [0], attacker }) {
  await sandbox.ban([BANNED]);
  const app = startApp(command, { cwd, port, env: { ...process.env, ...env, PORT: String(port) } });
  const result = { refused: 'not run', reported: 'not run', stopped: 'not run', output: '' };
  try {
    await app.listening();
    result.refused = await outcome(() => isRefused(port));
    if (attacker !== undefined) await attack(port, attacker);
    const { code, signal, ms } = await app.terminate();
    const end = code ?? signal ?? 'unknown';
    if (ends.includes(end)) result.stopped = 'ok';
    else result.stopped = end === 'SIGKILL' ? `still there after ${ms} ms` : `ended with ${end}`;
    // A few reports may wait for minutes while the application runs. A stop sends them.
    if (attacker !== undefined) result.reported = await outcome(() => hasReported(sandbox, attacker));
  } catch (error) {
    result.stopped = error instanceof Error ? error.message : String(error);
  } finally {
    app.kill();
    result.output = app.output();
  }
  return result;
}

/** @param {() => Promise<void>} check */
async function outcome(check) {
  return check().then(
    () => 'ok',
    (error) => String(error?.message ?? error),
  );
}

/**
 * @param {SandboxProcess} sandbox
 * @param {string} attacker
 */
async function hasReported(sandbox, attacker) {
  await sandbox.signal((signal) => signal.source.value === attacker, REPORTED_WITHIN_MS);
}

/** @param {number} port */
async function isRefused(port) {
  let status = 0;
  for (const end = performance.now() + PULLED_WITHIN_MS; performance.now() < end && status !== 403; await delay(100))
    status = await ask(port, '/', { ip: BANNED });
  if (status !== 403) throw new Error(`A banned client was answered ${status}.`);
  const served = await ask(port, '/', { ip: VISITOR });
  if (served === 403 || served >= 500) throw new Error(`A client that nobody bans was answered ${served}.`);
}

/**
 * Failed logins by form and by JSON, and a scan.
 *
 * @param {number} port
 * @param {string} ip
 */
async function attack(port, ip) {
  const wrong = { username: 'ann', user: 'ann', email: 'ann@example.org', password: 'wrong' };
  for (let turn = 0; turn < 12; turn++) {
    for (const path of ['/login', '/api/login']) {
      await ask(port, path, { ip, method: 'POST', json: JSON.stringify(wrong) });
      await ask(port, path, { ip, method: 'POST', form: new URLSearchParams(wrong).toString() });
    }
    for (const probe of PROBES) await ask(port, `/${turn}/${probe}`, { ip });
    for (const probe of PROBES) await ask(port, `/${probe}`, { ip });
  }
}

/**
 * @param {number} port
 * @param {string} path
 * @param {{ ip: string, method?: string, json?: string, form?: string }} options
 */
async function ask(port, path, { ip, method = 'GET', json, form }) {
  const type = json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  const body = json ?? form;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    redirect: 'manual',
    headers: { 'x-forwarded-for': ip, ...(body === undefined ? {} : { 'content-type': type }) },
    ...(body === undefined ? {} : { body }),
  });
  await response.arrayBuffer();
  return response.status;
}
