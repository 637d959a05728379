import { PassThrough, Readable, Writable } from 'node:stream';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { run } from '../src/run.js';

/** What a command did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The standard output as JSON. */
  readonly json: () => unknown;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** The outputs are a terminal. */
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
}

/** Runs a command in this process, with everything real but the terminal. */
export async function runCommand(args: readonly string[], options: RunOptions): Promise<Ran> {
  const [stdout, stderr] = [new Collected(options.isTTY), new Collected(options.isTTY)];
  const stdin = Object.assign(
    options.stdin === undefined ? new PassThrough() : Readable.from([Buffer.from(options.stdin)]),
    {
      isTTY: options.isTTY ?? false,
    },
  );
  const io = { stdout, stderr, stdin, env: options.env ?? {}, cwd: options.cwd };
  const code = await run(args, io, options.signal);
  return { code, stdout: stdout.text, stderr: stderr.text, json: () => JSON.parse(stdout.text) as unknown };
}

class Collected extends Writable {
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A folder with these files that goes with the test. */
export async function folderWith(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** A folder with a configuration for an API that nobody needs to reach, and its state beside it. */
export function installationFolder(options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const config = { apiUrl: 'http://127.0.0.1:9', stateDir: 'state', scenarios: ['acme/login-bruteforce'], ...options };
  return folderWith({ 'crowdsec.config.json': JSON.stringify(config) });
}
