import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The command as it is installed. */
export const COMMAND = fileURLToPath(new URL('../bin/crowdsec-sdk.js', import.meta.url));

/** Starts Node in this folder, without the variables of this test; it is killed when the test ends. */
export function startNode(
  args: readonly string[],
  cwd: string,
): ChildProcess & { readonly texts: { out: string; error: string } } {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^CROWDSEC_|^VITEST/.test(name)));
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { out: '', error: '' };
  child.stdout.on('data', (piece: Buffer) => (texts.out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (texts.error += piece.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return Object.assign(child, { texts });
}

/** Resolves with the exit code, or the name of the signal that ended the process. */
export function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')));
}
