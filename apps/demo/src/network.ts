import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import { startSandbox, type DecisionInput, type Sandbox } from '@crowdsec-sdk/sandbox';
import type { DemoFolder } from './demo-folder.js';
import type { CapiElsewhere, Environment } from './environment.js';
import { madeUpDecisions } from './made-up-decisions.js';
import { observedFetch } from './observed-fetch.js';
import type { ReceivedCall } from './received-call.js';
import { SetupError } from './setup-error.js';
import { signalsIn } from './signals-in.js';

/** The network that the demo's agent talks to, as far as the demo can see it: CAPI, or the local API (LAPI) of an engine. */
export interface Network {
  readonly kind: 'capi' | 'lapi';
  /** For people: `embedded sandbox`, `CrowdSec` or the address. */
  readonly name: string;
  /** Where it is and how it is called, as options of the agent. */
  readonly options: Pick<CrowdsecOptions, 'env' | 'apiUrl' | 'fetch' | 'lapi'>;
  /**
   * What it received, in order; of another CAPI than the sandbox, what was sent to it; of another local API, nothing.
   *
   * @param latest how many at most; all of them if not given
   */
  calls(latest?: number): readonly ReceivedCall[];
  /** Somebody who is banned there, of both families, where that is known. */
  readonly banned: { readonly ipv4?: string; readonly ipv6?: string };
  close(): Promise<void>;
}

/** Starts the embedded sandbox, or points elsewhere. */
export async function openNetwork(network: Environment['network'], folder: DemoFolder): Promise<Network> {
  switch (network.kind) {
    case 'sandbox':
      return embeddedSandbox(folder, network.blocklist);
    case 'sandbox-lapi':
      return sandboxLapi(network.blocklist);
    case 'lapi':
      return {
        kind: 'lapi',
        name: network.lapi.url,
        options: network,
        calls: () => [],
        banned: {},
        close: async () => undefined,
      };
    default:
      return elsewhere(network);
  }
}

function elsewhere(capi: CapiElsewhere): Network {
  const { fetch, calls, close } = observedFetch();
  return {
    kind: 'capi',
    ...(capi.kind === 'env'
      ? { name: 'CrowdSec', options: { env: capi.env, fetch } }
      : { name: capi.apiUrl, options: { apiUrl: capi.apiUrl, fetch } }),
    calls: (latest = calls.length) => lastOf(calls, latest),
    banned: {},
    close,
  };
}

async function embeddedSandbox(folder: DemoFolder, blocklist: string | undefined): Promise<Network> {
  const sandbox = await startOnItsPort(folder);
  try {
    await fill(sandbox, blocklist);
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
  return {
    kind: 'capi',
    name: 'embedded sandbox',
    options: { apiUrl: sandbox.url },
    calls: (latest = sandbox.calls.length) => lastOf(sandbox.calls, latest).map(received),
    banned: someOf(sandbox.decisions.all()),
    close: () => sandbox.stop(),
  };
}

/** A local API of its own: an engine with a bouncer and a machine for the agent, and the decisions that the sandbox is filled with. */
async function sandboxLapi(blocklist: string | undefined): Promise<Network> {
  const sandbox = await startSandbox({ host: '127.0.0.1', lapi: true });
  const lapi = sandbox.lapi!;
  await fill(sandbox, blocklist).catch(async (error: unknown) => {
    await sandbox.stop();
    throw error;
  });
  lapi.decisions.add(
    sandbox.decisions.all().map(({ value, scenario, duration }) => ({
      value,
      duration,
      scope: value.includes('/') ? 'Range' : 'Ip',
      scenario,
    })),
  );
  const machine = { machineId: 'demo', password: randomBytes(16).toString('hex') };
  lapi.addMachine(machine);
  return {
    kind: 'lapi',
    name: 'embedded sandbox',
    options: { lapi: { url: lapi.url, apiKey: lapi.addBouncer('demo'), machine } },
    calls: (latest = lapi.calls.length) => lastOf(lapi.calls, latest).map(received),
    banned: someOf(sandbox.decisions.all()),
    close: () => sandbox.stop(),
  };
}

/** Kept state belongs to the address at which it was made: an identity is stored for one API root. */
async function startOnItsPort(folder: DemoFolder): Promise<Sandbox> {
  const port = (folder.kept ? await folder.lastSandboxPort() : undefined) ?? 0;
  try {
    const sandbox = await startSandbox({ port, host: '127.0.0.1', stateDir: join(folder.path, 'sandbox') });
    if (folder.kept) await folder.rememberSandboxPort(Number(new URL(sandbox.url).port));
    return sandbox;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new SetupError(
      `Port ${port}, where the sandbox of ${folder.path} lives, is taken: free it, or choose another CROWDSEC_STATE_DIR`,
    );
  }
}

async function fill(sandbox: Sandbox, blocklist: string | undefined): Promise<void> {
  if (blocklist === undefined) return sandbox.decisions.set(madeUpDecisions());
  await sandbox.loadBlocklist(blocklist).catch((error: unknown) => {
    throw new SetupError(
      `CROWDSEC_BLOCKLIST cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
}

/** The first banned address of each family; ranges first, where there are any, and one inside of it. */
function someOf(decisions: readonly Pick<DecisionInput, 'value'>[]): Network['banned'] {
  const values = decisions.map(({ value }) => value);
  const ipv4 = values.find((value) => !value.includes(':'));
  const ipv6 =
    values.find((value) => value.includes(':') && value.includes('/')) ?? values.find((value) => value.includes(':'));
  return { ...(ipv4 !== undefined && { ipv4: addressIn(ipv4) }), ...(ipv6 !== undefined && { ipv6: addressIn(ipv6) }) };
}

function addressIn(value: string): string {
  const [address = value, prefix] = value.split('/');
  return prefix !== undefined && address.endsWith('::') && prefix !== '128' ? `${address}1` : address;
}

function received({ at, method, path, target, userAgent = '', body, status }: Sandbox['calls'][number]): ReceivedCall {
  return { at, method, path, target, userAgent, ...signalsIn(body), status: status ?? null };
}

function lastOf<T>(all: readonly T[], count: number): readonly T[] {
  return all.slice(Math.max(0, all.length - count));
}
