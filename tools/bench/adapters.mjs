import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrowdsec, silentLogger } from '../../packages/core/dist/index.js';
import { startSandbox } from '../../packages/sandbox/dist/index.js';
import { synthetic } from './data.mjs';
import { median, spreadOf } from './setup.mjs';

/**
 * What a passing request costs a server, in CPU time of its process (`process.cpuUsage`), while this process is the load: bare, with
 * a middleware that reads the same of the request and does nothing, and with the adapter and 60,000 decisions. Behind a trusted
 * proxy, so that the adapter parses two addresses. Each variant is a process of its own; they take turns within a round.
 */
const FRAMEWORKS = ['koa', 'express', 'fastify', 'hono'];
const VARIANTS = ['bare', 'no-op', 'adapter'];
const DECISIONS = 60_000;
const ROUNDS = 15;
const WARM_UP = 3;
const REQUESTS = 6_000;
const CONNECTIONS = 16;

const stateDir = await pulledFolder();
const report = [];
for (const framework of FRAMEWORKS) {
  const servers = await Promise.all(VARIANTS.map((variant) => startServer(framework, variant)));
  const rounds = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const costs = {};
    // Another one goes first in each round: whoever follows a pause or a collection pays for it.
    for (let i = 0; i < servers.length; i++) {
      const server = servers[(i + round + WARM_UP) % servers.length];
      costs[server.variant] = await microsecondsEach(server);
    }
    if (round >= 0) rounds.push(costs);
  }
  for (const { child } of servers) child.kill();
  report.push(...rowsOf(framework, rounds));
}
rmSync(stateDir, { recursive: true });
console.log(JSON.stringify(report));

function rowsOf(framework, rounds) {
  const costs = (variant) => rounds.map((round) => round[variant]);
  const bare = median(costs('bare'));
  const rows = VARIANTS.map((variant) => {
    const value = median(costs(variant));
    return { bench: 'adapters', case: `${framework} ${variant}`, n: DECISIONS, value, unit: 'us', floor: bare, ratio: value / bare, spread: spreadOf(costs(variant)) };
  });
  const added = (variant) => median(rounds.map((round) => round[variant] - round.bare));
  const value = added('adapter');
  const floor = added('no-op');
  // A difference of two large figures: its spread is that of the adapter's rounds against the bare ones of the same round.
  const spread = spreadOf(rounds.map((round) => round.adapter - round.bare));
  return [...rows, { bench: 'adapters', case: `${framework} added`, n: DECISIONS, value, unit: 'us', floor, ratio: value / floor, spread }];
}

async function pulledFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'crowdsec-bench-'));
  const sandbox = await startSandbox();
  sandbox.decisions.add(synthetic(DECISIONS).map((value) => ({ value })));
  const crowdsec = createCrowdsec({ apiUrl: sandbox.url, stateDir: folder, logger: silentLogger });
  const refreshed = new Promise((resolve) => crowdsec.on('refreshed', resolve));
  await crowdsec.start();
  await refreshed;
  await crowdsec.stop();
  await sandbox.stop();
  // Servers that start with this folder find the decisions under the same API root, which nobody serves any more.
  process.env.BENCH_API_URL = sandbox.url;
  return folder;
}

async function startServer(framework, variant) {
  const child = fork(new URL('adapter-server.mjs', import.meta.url), [framework, variant, stateDir], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { port } = await new Promise((resolve) => child.once('message', resolve));
  return { child, port, variant };
}

async function microsecondsEach({ child, port }) {
  const before = await cpuOf(child);
  await Promise.all(Array.from({ length: CONNECTIONS }, () => converse(port, REQUESTS / CONNECTIONS)));
  return ((await cpuOf(child)) - before) / REQUESTS;
}

function cpuOf(child) {
  return new Promise((resolve) => {
    child.once('message', ({ cpu }) => resolve(cpu));
    child.send('cpu');
  });
}

/** So many requests on one connection, each after the answer to the last. */
function converse(port, count) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let left = count;
    const ask = () => {
      if (left-- === 0) return socket.end(resolve);
      const visitor = `10.${left & 255}.${(left * 7) & 255}.${port & 255}`;
      socket.write(`GET /hello HTTP/1.1\r\nhost: localhost\r\naccept: text/html,*/*;q=0.8\r\nuser-agent: bench\r\nx-forwarded-for: ${visitor}\r\n\r\n`);
    };
    socket.setNoDelay().on('connect', ask).on('error', reject);
    // A small answer comes in one piece.
    socket.on('data', (chunk) => (chunk.toString('latin1', 9, 12) === '200' ? ask() : reject(new Error(chunk.toString()))));
  });
}
