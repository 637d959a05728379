import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the demo's agent and its sandbox keep what must outlive them. */
export interface DemoFolder {
  readonly path: string;
  /** True when it is there for the next start. */
  readonly kept: boolean;
  /** The port that the sandbox had last time. Its machines know it by this address. */
  lastSandboxPort(): Promise<number | undefined>;
  rememberSandboxPort(port: number): Promise<void>;
  /** Removes a temporary folder; leaves a kept one. */
  close(): Promise<void>;
}

/** Opens the given folder, or a fresh temporary one. */
export async function openDemoFolder(stateDir: string | undefined): Promise<DemoFolder> {
  const kept = stateDir !== undefined;
  const path = kept ? resolve(stateDir) : await mkdtemp(join(tmpdir(), 'crowdsec-demo-'));
  if (kept) await mkdir(path, { recursive: true, mode: 0o700 });
  const portFile = join(path, 'sandbox-port');
  return {
    path,
    kept,
    async lastSandboxPort() {
      const port = Number(await readFile(portFile, 'utf8').catch(() => NaN));
      return Number.isInteger(port) ? port : undefined;
    },
    rememberSandboxPort: (port) => writeFile(portFile, `${port}\n`),
    close: async () => (kept ? undefined : rm(path, { recursive: true, force: true, maxRetries: 5 })),
  };
}
