import { startSandbox } from '@crowdsec-sdk/sandbox';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../redis-server.mjs';
import { StoreWatcher, until } from './store-watcher.mjs';

/** @import { Say, StorePlace } from './types.d.mts' */

const DEADLINE_MS = 60_000;
const run = promisify(execFile);

/** @param {number} port @param {readonly string[]} command */
async function cli(port, command) {
  return (await run('redis-cli', ['-p', String(port), ...command], { timeout: 20_000 })).stdout;
}

/**
 * Three masters with a replica each; the master that holds the agent's slot is killed.
 *
 * @param {Say} say
 */
export async function clusterFailover(say) {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-cluster-'));
  const servers = new Map();
  try {
    for (let number = 0; number < 6; number++) {
      const port = await freePort();
      const more = [
        '--cluster-enabled',
        'yes',
        '--cluster-node-timeout',
        '2000',
        '--cluster-config-file',
        `${port}.conf`,
      ];
      servers.set(port, serve(port, folder, [...more, '--cluster-port', String(await freePort())]));
    }
    const ports = [...servers.keys()];
    for (const port of ports)
      await until(
        () =>
          cli(port, ['PING']).then(
            (pong) => pong.startsWith('PONG'),
            () => false,
          ),
        DEADLINE_MS,
      );
    const nodes = ports.map((port) => `127.0.0.1:${port}`);
    await run('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-replicas', '1', '--cluster-yes'], {
      timeout: 60_000,
    });
    await until(async () => (await cli(ports[0] ?? 0, ['CLUSTER', 'INFO'])).includes('cluster_state:ok'), DEADLINE_MS);
    await until(
      async () => (await cli(ports[0] ?? 0, ['CLUSTER', 'NODES'])).match(/slave/g)?.length === 3,
      DEADLINE_MS,
    );

    // A replica that has not caught up yet is never elected.
    const isSynced = async (/** @type {number} */ port) =>
      /role:master|master_link_status:up/.test(await cli(port, ['INFO', 'replication']));
    await until(async () => (await Promise.all(ports.map(isSynced))).every(Boolean), DEADLINE_MS);

    const place = { clusterUrls: ports.map((port) => `redis://127.0.0.1:${port}`) };
    return await killed(place, say, async () => {
      const holder = await holderOfKeys(ports);
      servers.get(holder).kill('SIGKILL');
      servers.delete(holder);
      const rest = [...servers.keys()];
      return () =>
        holderOfKeys(rest).then(
          () => true,
          () => false,
        );
    });
  } finally {
    for (const server of servers.values()) server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

/** The master with our keys. @param {readonly number[]} ports */
async function holderOfKeys(ports) {
  for (const port of ports) {
    const isMaster = (await cli(port, ['ROLE'])).startsWith('master');
    if (isMaster && Number(await cli(port, ['DBSIZE'])) > 0) return port;
  }
  throw new Error('no master has the keys of the agent');
}

/**
 * A master with a replica and three sentinels; the master is killed.
 *
 * @param {Say} say
 */
export async function sentinelFailover(say) {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-sentinel-'));
  const [master, replica, ...sentinels] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const servers = [serve(master, folder, []), serve(replica, folder, ['--replicaof', '127.0.0.1', String(master)])];
  try {
    await until(
      () =>
        cli(replica, ['INFO', 'replication']).then(
          (text) => text.includes('master_link_status:up'),
          () => false,
        ),
      DEADLINE_MS,
    );
    for (const port of sentinels) {
      const file = join(folder, `sentinel-${port}.conf`);
      const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor chaos 127.0.0.1 ${master} 2`];
      await writeFile(
        file,
        [...lines, 'sentinel down-after-milliseconds chaos 2000', 'sentinel failover-timeout chaos 6000', ''].join(
          '\n',
        ),
      );
      servers.push(spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' }));
    }
    await until(
      () =>
        cli(sentinels[0] ?? 0, ['SENTINEL', 'sentinels', 'chaos']).then(
          (text) => (text.match(/^name$/gm)?.length ?? 0) === 2,
          () => false,
        ),
      DEADLINE_MS,
    );
    return await killed({ sentinel: { name: 'chaos', ports: sentinels } }, say, async () => {
      servers[0]?.kill('SIGKILL');
      return async () => (await cli(replica, ['ROLE'])).startsWith('master');
    });
  } finally {
    for (const server of servers) server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {number} port @param {string} folder @param {readonly string[]} more */
function serve(port, folder, more) {
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--dbfilename',
    `${port}.rdb`,
  ];
  return spawn('redis-server', [...args, ...more], { stdio: 'ignore' });
}

/**
 * Runs an agent, kills its master, and counts from when the others have a new one.
 *
 * @param {StorePlace} place
 * @param {Say} say
 * @param {() => Promise<() => Promise<boolean>>} kill resolves what tells whether there is a new master
 */
async function killed(place, say, kill) {
  const sandbox = await startSandbox();
  const agent = new StoreWatcher({ apiUrl: sandbox.url, place });
  try {
    await agent.untilHealthy(DEADLINE_MS);
    await until(() => agent.health?.pulled === true, DEADLINE_MS);
    const isReplaced = await kill();
    const killedAt = performance.now();
    const named = agent.untilUnhealthy(DEADLINE_MS);
    // A server that is being killed or promoted may not answer.
    await until(() => isReplaced().catch(() => false), DEADLINE_MS);
    say(`a new master after ${Math.round((performance.now() - killedAt) / 100) / 10} s`);
    const recovered = agent.untilHealthy(DEADLINE_MS);
    const count = (/** @type {string} */ path) => sandbox.calls.filter((call) => call.path === path).length;
    const result = { named: await Promise.race([named, recovered.then(() => 0)]), recovered: await recovered };
    const spent = [sandbox.machines.length, count('/v3/watchers/login'), count('/v3/decisions/stream')];
    return { ...result, kept: spent.every((each) => each === 1) };
  } finally {
    await agent.stop();
    await sandbox.stop();
  }
}
