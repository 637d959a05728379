import { startSandbox, type Sandbox, type SandboxLapi, type SandboxOptions } from '@crowdsec-sdk/sandbox';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Crowdsec } from '../src/agent.js';
import { createCrowdsec } from '../src/crowdsec.js';
import type { CrowdsecEvents } from '../src/events.js';
import type { LapiOptions } from '../src/lapi/options.js';
import type { Logger } from '../src/logger.js';
import type { CrowdsecOptions } from '../src/options.js';
import { manualTime, type ManualTime } from '../src/testing/manual-time.js';
import { removeFolder } from './remove-folder.js';

/** Agents and the stand-in for LAPI, by one clock that a test moves. */
export interface LapiTestEnvironment {
  readonly time: ManualTime;
  readonly sandbox: Sandbox;
  readonly lapi: SandboxLapi;
  readonly key: string;
  /** A folder for state that several agents share. */
  readonly folder: string;
  /** What was logged, as `level: message`, without what each start says. */
  readonly log: string[];
  /** What was told of refreshes. */
  readonly events: {
    readonly refreshed: CrowdsecEvents['refreshed'][];
    readonly failed: CrowdsecEvents['refreshFailed'][];
  };
  /** Starts an agent that asks LAPI every 10 s. It keeps its state in memory, unless the options say otherwise. */
  agent(options?: Partial<CrowdsecOptions>, lapi?: Partial<LapiOptions>): Promise<Crowdsec>;
  /** The queries of the pulls that LAPI got. */
  pulls(): readonly Readonly<Record<string, string>>[];
  /** Whether the pulls asked for everything, in order: `full` or `delta`. */
  kinds(): readonly string[];
  /** Moves time by so many intervals of 10 s. */
  pass(intervals?: number): Promise<void>;
  stop(): Promise<void>;
}

export const INTERVAL_MS = 10_000;

export async function lapiTestEnvironment(
  options: Exclude<SandboxOptions['lapi'], boolean | undefined> = {},
): Promise<LapiTestEnvironment> {
  const time = manualTime();
  const sandbox = await startSandbox({ lapi: options, clock: time.clock });
  const lapi = sandbox.lapi!;
  const key = lapi.addBouncer('shop');
  const folder = await mkdtemp(join(tmpdir(), 'lapi-test-environment-'));
  const agents: Crowdsec[] = [];
  const log: string[] = [];
  const events: LapiTestEnvironment['events'] = { refreshed: [], failed: [] };
  const pulls = (): readonly Readonly<Record<string, string>>[] =>
    lapi.calls.filter(({ path }) => path === '/v1/decisions/stream').map(({ query }) => query);
  return {
    time,
    sandbox,
    lapi,
    key,
    folder,
    log,
    events,
    async agent(given = {}, lapiOptions = {}) {
      const agent = createCrowdsec({
        lapi: { url: lapi.url, apiKey: key, usageMetrics: false, ...lapiOptions },
        ...(given.stateDir === undefined ? { ephemeral: true } : {}),
        clock: time.clock,
        scheduler: time.scheduler,
        logger: loggerTo(log),
        ...given,
      });
      agents.push(agent);
      agent.on('refreshed', (details) => events.refreshed.push(details));
      agent.on('refreshFailed', (details) => events.failed.push(details));
      await agent.start();
      // The cursor of LAPI tells what was decided later than the pull.
      await time.advance(1);
      return agent;
    },
    pulls,
    kinds: () => pulls().map(({ startup }) => (startup === 'true' ? 'full' : 'delta')),
    pass: (intervals = 1) => time.advance(intervals * INTERVAL_MS),
    async stop() {
      for (const agent of agents) await agent.stop();
      await sandbox.stop();
      await removeFolder(folder);
    },
  };
}

function loggerTo(log: string[]): Logger {
  // What an agent says of itself when it starts is of no interest here.
  const at = (level: string) => (message: string) => {
    if (!message.startsWith('The agent v') && !/^LAPI at \S+ works: /.test(message)) log.push(`${level}: ${message}`);
  };
  return { debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error') };
}
