import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrowdsec, silentLogger, type CrowdsecOptions } from '@crowdsec-sdk/core';
import type { DetectionEvent } from '@crowdsec-sdk/core/extension';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { APPSEC_KEY } from './appsec-key.js';
import { eventListener } from './event-listener.js';
import type { Host, HostOptions, RunningHost } from './host.js';

/** A client that the sandbox bans, and one that it does not. */
export const BANNED = '203.0.113.66';
export const CLEAN = '203.0.113.7';
export const BANNED_V6 = '2001:db8:bad::1';

/** What is held: banned visitors everywhere, and loopback peers where a test needs the peer itself to be banned. */
export const PLACES = {
  visitors: [BANNED, BANNED_V6, '192.0.2.128/25'],
  peers: ['127.0.0.1', '::1'],
} as const;

/** A CAPI with decisions, and hosts that have pulled them already. */
export interface TestEnvironment {
  readonly sandbox: Sandbox;
  /** A host with these options; the same one each time, until the suite ends. */
  host(options?: Partial<CrowdsecOptions>, place?: Place): Promise<PlacedHost>;
  /** A host of its own, for tests that stop it. */
  freshHost(options?: Partial<CrowdsecOptions>, more?: Pick<HostOptions, 'movableClock'>): Promise<RunningHost>;
  /** A host whose agent has a detector that listens to all; the same one each time, until the suite ends. */
  listenedHost(options?: Partial<CrowdsecOptions>): Promise<ListenedHost>;
  stop(): Promise<void>;
}

export interface PlacedHost extends RunningHost {
  readonly socketPath: string | undefined;
}

export interface ListenedHost extends RunningHost {
  /** What the detector was told; tests take from it what they have seen. */
  readonly events: DetectionEvent[];
}

export interface Place {
  readonly hostname?: string;
  readonly held?: keyof typeof PLACES | 'nothing';
  readonly tls?: boolean;
  /** Listens on a Unix socket, whose path its `socketPath` tells. */
  readonly unixSocket?: boolean;
}

/** How a host learns of visitors in this suite: from a proxy on loopback, or, where it knows no peers, from one hop. */
function trusting(host: Host): Partial<CrowdsecOptions> {
  return { trustedProxies: host.peers ? 'loopback' : 1 };
}

export async function createTestEnvironment(host: Host): Promise<TestEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-conformance-'));
  const sandbox = await startSandbox({ appsec: { apiKeys: [APPSEC_KEY] } });
  await pulled(sandbox, join(folder, 'visitors'), PLACES.visitors);
  await pulled(sandbox, join(folder, 'peers'), PLACES.peers);
  const hosts = new Map<string, Promise<PlacedHost>>();
  const listenedHosts = new Map<string, Promise<ListenedHost>>();
  let count = 0;

  const start = async (
    options: Partial<CrowdsecOptions>,
    { hostname = '127.0.0.1', held = 'visitors', tls, unixSocket }: Place = {},
    more: Pick<HostOptions, 'onEvent' | 'movableClock'> = {},
  ): Promise<PlacedHost> => {
    const stateDir = join(folder, `host-${++count}`);
    if (held !== 'nothing') await cp(join(folder, held), stateDir, { recursive: true });
    // Nobody listens on the discard port: what is not held stays unknown.
    const apiUrl = held === 'nothing' ? 'http://127.0.0.1:9' : sandbox.url;
    const socketPath = unixSocket ? join(folder, `host-${count}.sock`) : undefined;
    const running = await host.start({
      hostname,
      tls,
      socketPath,
      crowdsec: { apiUrl, stateDir, scenarios: SCENARIOS, ...trusting(host), ...options },
      ...more,
    });
    return { ...running, socketPath };
  };
  const startListened = async (options: Partial<CrowdsecOptions>): Promise<ListenedHost> => {
    const events: DetectionEvent[] = [];
    const onEvent = (event: DetectionEvent): void => void events.push(event);
    const running = host.functions
      ? await start({ ...options, extensions: [eventListener(onEvent)] })
      : await start(options, {}, { onEvent });
    return { ...running, events };
  };
  return {
    sandbox,
    host(options = {}, place = {}) {
      const key = JSON.stringify([{ ...trusting(host), ...options }, place]);
      const running = hosts.get(key) ?? start(options, place);
      hosts.set(key, running);
      return running;
    },
    freshHost: (options = {}, more = {}) => start(options, {}, more),
    listenedHost(options = {}) {
      const key = JSON.stringify(options);
      const running = listenedHosts.get(key) ?? startListened(options);
      listenedHosts.set(key, running);
      return running;
    },
    async stop() {
      const all = [...hosts.values(), ...listenedHosts.values()];
      await Promise.allSettled(all.map(async (running) => (await running).stop()));
      await sandbox.stop();
      // A process that was killed, or a write that was on its way, may still touch the folder.
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

const SCENARIOS = ['acme/login-bruteforce'];

/**
 * Lets an agent pull into this folder, so that hosts that start with a copy of it hold decisions from their first
 * request on.
 */
async function pulled(sandbox: Sandbox, stateDir: string, values: readonly string[]): Promise<void> {
  sandbox.decisions.set(values.map((value) => ({ value })));
  const crowdsec = createCrowdsec({ apiUrl: sandbox.url, stateDir, scenarios: SCENARIOS, logger: silentLogger });
  const refreshed = new Promise((resolve) => crowdsec.on('refreshed', resolve));
  await crowdsec.start();
  await refreshed;
  await crowdsec.stop();
}
