import { fork } from 'node:child_process';
import { connect } from 'node:net';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Variant } from './adapter-server.mjs' */

const CONNECTIONS = 8;

/** @typedef {{ child: ChildProcess, port: number }} Served */

/**
 * Starts the server of a variant, see `adapter-server.mjs`.
 *
 * @param {string} framework
 * @param {Variant} variant
 * @param {string} stateDir
 * @param {string} root the folder of the checkout whose adapter it has
 * @returns {Promise<Served>}
 */
export async function startServer(framework, variant, stateDir, root) {
  const child = fork(new URL('adapter-server.mjs', import.meta.url), [framework, variant, stateDir, root], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  /** @type {{ port: number }} */
  const { port } = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the server on ${framework}, ${variant}, ended with ${code}`)));
  });
  return { child, port };
}

/**
 * The CPU time that a request on a socket takes of the server's process, in µs, over so many requests.
 *
 * @param {Served} server
 * @param {number} requests
 */
export async function microsecondsOnSockets({ child, port }, requests) {
  const before = await ask(child, 0);
  await Promise.all(Array.from({ length: CONNECTIONS }, () => converse(port, requests / CONNECTIONS)));
  return ((await ask(child, 0)).cpu - before.cpu) / requests;
}

/**
 * The time that a request takes when the server's own process hands it over, without a socket, in µs.
 *
 * @param {Served} server
 * @param {number} rounds of 64 requests
 */
export async function microsecondsInProcess({ child }, rounds) {
  return (await ask(child, rounds)).time;
}

/**
 * Has the server shown so many rounds of requests in its process.
 *
 * @param {ChildProcess} child
 * @param {number} rounds
 * @returns {Promise<{ time: number, cpu: number }>} the time of one of these requests, and the CPU time of the process so far, in µs
 */
function ask(child, rounds) {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('a server ended in the middle of a measurement'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(/** @type {{ time: number, cpu: number }} */ (message));
    });
    child.send(rounds);
  });
}

/**
 * So many requests on one connection, each after the answer to the last.
 *
 * @param {number} port
 * @param {number} count
 * @returns {Promise<void>}
 */
function converse(port, count) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let left = count;
    const ask = () => {
      if (left-- === 0) {
        socket.end(resolve);
        return;
      }
      const visitor = `10.${left & 255}.${(left * 7) & 255}.${port & 255}`;
      socket.write(
        `GET /hello HTTP/1.1\r\nhost: localhost\r\naccept: text/html,*/*;q=0.8\r\nuser-agent: bench\r\nx-forwarded-for: ${visitor}\r\n\r\n`,
      );
    };
    socket.setNoDelay().on('connect', ask).on('error', reject);
    // A small answer comes in one piece.
    socket.on('data', (chunk) =>
      chunk.toString('latin1', 9, 12) === '200' ? ask() : reject(new Error(chunk.toString())),
    );
  });
}
