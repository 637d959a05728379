import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox, type SandboxOptions } from '@crowdsec-sdk/sandbox';
import { CapiClient } from '../src/capi/client.js';
import type { SessionOptions } from '../src/capi/session-options.js';
import { Session } from '../src/capi/session.js';
import { Transport } from '../src/capi/transport.js';
import { userAgent } from '../src/capi/user-agent.js';
import { silentLogger } from '../src/logger.js';
import { openStore } from '../src/store/open-store.js';
import type { Store } from '../src/store/store.js';
import { manualTime, type ManualTime } from '../src/testing/manual-time.js';
import { removeFolder } from './remove-folder.js';

/** How long a call to CAPI or to the store may take by real time: on a busy machine one of a few ms may take seconds. */
const LONG_TIMEOUT_MS = 20_000;

/** A CAPI to talk to, a clock that both sides share, and processes that share a folder. */
export interface CapiTestEnvironment extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly time: ManualTime;
  readonly stateDir: string;
  store(): Store;
  /** One process of the installation: a session and a client of its own on the common store. */
  process(options?: Partial<SessionOptions>): { session: Session; client: CapiClient; store: Store };
  /** The paths of the calls that CAPI has seen, in order. */
  paths(): string[];
  count(path: string): number;
}

export async function capiTestEnvironment(options: SandboxOptions = {}): Promise<CapiTestEnvironment> {
  const time = manualTime(Date.UTC(2026, 10, 22, 12));
  const sandbox = await startSandbox({ clock: time.clock, ...options });
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  const { clock, scheduler } = time;
  const store = (): Store =>
    openStore({
      stateDir,
      namespace: 'test',
      apiRoot: sandbox.url,
      clock,
      logger: silentLogger,
      deadlineMs: LONG_TIMEOUT_MS,
    });
  const paths = (): string[] => sandbox.calls.map((call) => call.path);

  return {
    sandbox,
    time,
    stateDir,
    store,
    paths,
    count: (path) => paths().filter((seen) => seen === path).length,
    process(overrides = {}) {
      const transport = new Transport({ root: sandbox.url, userAgent: userAgent(), fetch: globalThis.fetch });
      const session = new Session({
        store: store(),
        transport,
        clock,
        scheduler,
        logger: silentLogger,
        scenarios: ['acme/login-bruteforce'],
        machineIdPrefix: '',
        ephemeral: false,
        timeoutMs: LONG_TIMEOUT_MS,
        ...overrides,
      });
      return {
        session,
        client: new CapiClient({ session, transport, timeoutMs: LONG_TIMEOUT_MS }),
        store: overrides.store ?? store(),
      };
    },
    async [Symbol.asyncDispose]() {
      await sandbox.stop();
      await removeFolder(stateDir);
    },
  };
}
