import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { DetectionEvent } from '@crowdsec-sdk/core/extension';
import { onTestFailed, type OnTestFailedHandler } from 'vitest';
import { ADVANCE_CLOCK } from './advance-clock.js';
import type { Host } from './host.js';

/** Below those that Linux, macOS and Windows give to whoever asks for any, so that hardly anybody gets one before it is used. */
const PORTS = { first: 20_000, count: 12_000 };
const PORT_TRIES = 20;
const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 30_000;

/** A program to be tested, and how it is started. */
export interface ProcessHostOptions extends Pick<Host, 'adapter' | 'peers'> {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** Beside the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A host that is a program of its own: it is told `HOST` (and `HOSTNAME`), `PORT` and what `programOptions` of
 * `@crowdsec-sdk/conformance/program` reads, serves `/hello` once it is ready, and ends by itself after a SIGTERM.
 */
export function processHost(host: ProcessHostOptions): Host {
  const [program = '', ...args] = host.command;
  return {
    adapter: host.adapter,
    peers: host.peers,
    functions: false,
    sockets: false,
    async start({ crowdsec, hostname, onEvent, movableClock = false }) {
      const port = await freePort(hostname);
      const told = { HOST: hostname, HOSTNAME: hostname, PORT: `${port}`, CROWDSEC_OPTIONS: JSON.stringify(crowdsec) };
      const events = onEvent === undefined ? {} : { CROWDSEC_EVENTS: 'stdout' };
      const clock = movableClock ? { CROWDSEC_CLOCK: ADVANCE_CLOCK } : {};
      const env = { ...process.env, NODE_ENV: 'production', ...host.env, ...told, ...events, ...clock };
      const child = spawn(program, args, { cwd: host.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const output: string[] = [];
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
      tellWithFailure(output);
      if (onEvent !== undefined) {
        createInterface(child.stdout).on('line', (line) => {
          if (line.startsWith('{')) onEvent(JSON.parse(line) as DetectionEvent);
        });
      }
      await untilReady(child, `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}/hello`, output);
      const pause = (): (() => void) => {
        child.kill('SIGSTOP');
        return () => void child.kill('SIGCONT');
      };
      const advanceClock = (): void => void child.kill(ADVANCE_CLOCK);
      return { port, pause, ...(movableClock && { advanceClock }), stop: () => stop(child, output) };
    },
  };
}

async function untilReady(child: ChildProcess, url: string, output: readonly string[]): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && !hasEnded(child)) {
    // Whatever it answers: a host that refuses everybody is ready too.
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    // A program whose port somebody else listens on ends, while that one answers.
    if (isUp && !hasEnded(child)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`The host did not start:\n${output.join('')}`);
}

async function stop(child: ChildProcess, output: readonly string[]): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  const [, signal] = (await ended) as [number | null, string | null];
  clearTimeout(late);
  if (signal === 'SIGKILL') throw new Error(`The host did not end within ${STOP_DEADLINE_MS} ms:\n${output.join('')}`);
}

/** By itself, or by a signal: then it has no exit code. */
function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Workers of one run begin at ports that are far from each other, and take each once. */
let portOffset = (process.pid * 97) % PORTS.count;

/** A port that nobody listens on now. */
async function freePort(hostname: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = PORTS.first + (portOffset++ % PORTS.count);
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, hostname, resolve));
    } catch (error) {
      if (tries === PORT_TRIES) throw error;
      continue;
    }
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Adds what a program has printed to the error of the test that started it. A program that a hook starts belongs to no single test. */
function tellWithFailure(output: readonly string[]): void {
  const tell: OnTestFailedHandler = ({ task }) => {
    const [error] = task.result?.errors ?? [];
    const printed = output.join('');
    if (error === undefined || error.message.includes(printed)) return;
    const told = `\nThe program printed:\n${printed}`;
    error.message += told;
    error.stack = `${error.stack ?? error.message}${told}`;
  };
  try {
    onTestFailed(tell);
  } catch {
    // A hook runs, rather than a test.
  }
}
