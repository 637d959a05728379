import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { callLine } from './call-line.js';
import { parseDuration } from './duration.js';
import type { SandboxLapi } from './lapi/lapi.js';
import type { SandboxOptions } from './options.js';
import { startSandbox, type Sandbox } from './sandbox.js';
import { packageVersion } from './version.js';

/** The `crowdsec-sandbox` command. What cannot work ends it with status 1 and one line that says why. */
export function createCommand(): Command {
  return new Command('crowdsec-sandbox')
    .description('A stand-in for the CrowdSec Central API, on this machine; with --lapi for a local API too.')
    .option('--port <number>', 'port to listen on, 0 for any free one', port, 8090)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--public-url <url>', 'root of the list links, where clients reach this server by another address')
    .option('--blocklist <file>', 'a published list of addresses and ranges to serve as community decisions')
    .option('--as-list <name>', 'serve the --blocklist file behind a blocklist link of this name instead')
    .option('--state-dir <folder>', 'keep machines, decisions and tokens across restarts')
    .option('--enrollment-key <keys...>', 'accept these enrollment keys (default: abcdEFGH1234)')
    .option('--token-life <duration>', 'how long a token is good for, as 90s, 30m or 1h30m (default: 1h)', duration)
    .addOption(
      new Option('--answers <kind>', 'what a pull without startup=true is told')
        .choices(['delta', 'full'])
        .default('delta'),
    )
    .addOption(new Option('--login-status <status>', 'answer to a wrong login').choices(['401', '403']).default('403'))
    .addOption(
      new Option('--existing-status <status>', 'answer to a known id').choices(['400', '409', '500']).default('500'),
    )
    .option(
      '--lapi [port]',
      "also stand in for an engine's local API, on a port of its own (default: any free one)",
      port,
    )
    .option('-q, --quiet', 'do not print a line for each call that is received')
    .version(packageVersion())
    .allowExcessArguments(false)
    .action(run);
}

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly publicUrl?: string;
  readonly blocklist?: string;
  readonly asList?: string;
  readonly stateDir?: string;
  readonly enrollmentKey?: readonly string[];
  readonly tokenLife?: number;
  readonly answers: 'delta' | 'full';
  readonly loginStatus: keyof typeof LOGIN_STATUS;
  readonly existingStatus: keyof typeof EXISTING_STATUS;
  readonly lapi?: true | number;
  readonly quiet?: true;
}

const LOGIN_STATUS = { 401: 401, 403: 403 } as const;
const EXISTING_STATUS = { 400: 400, 409: 409, 500: 500 } as const;

async function run(flags: Flags, command: Command): Promise<void> {
  try {
    await serve(flags);
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (isTaken) command.error(`error: ${error.message}. Choose another port by --port, 0 for any free one.`);
    command.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function serve(flags: Flags): Promise<void> {
  if (flags.asList !== undefined && flags.blocklist === undefined) throw new Error('--as-list needs --blocklist');
  const sandbox = await startSandbox(optionsOf(flags));
  if (flags.quiet === undefined) printCalls(sandbox);
  if (flags.blocklist !== undefined) console.log(await serveFile(sandbox, flags.blocklist, flags.asList));
  console.log(`crowdsec-sandbox listens on ${sandbox.url}`);
  if (sandbox.lapi !== undefined) console.log(announced(sandbox.lapi));

  const stop = (): void => void sandbox.stop();
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

/** One line for each call, as soon as it is answered. */
function printCalls(sandbox: Sandbox): void {
  for (const api of [sandbox, sandbox.lapi]) api?.onCall((call) => console.log(callLine(call)));
}

/** The local API's address, with a key and a machine to use it by. */
function announced(lapi: SandboxLapi): string {
  const machine = { machineId: 'sandbox-agent', password: randomBytes(16).toString('hex') };
  lapi.addMachine(machine);
  const apiKey = lapi.addBouncer('sandbox-bouncer');
  return `its local API listens on ${lapi.url}, API key ${apiKey}, machine ${machine.machineId}, password ${machine.password}`;
}

async function serveFile(sandbox: Sandbox, file: string, asList: string | undefined): Promise<string> {
  const { entries, skipped } = await sandbox.loadBlocklist(file, { asList });
  const place = asList === undefined ? 'as community decisions' : `behind the link "${asList}"`;
  return `${entries} entries of ${file} are served ${place}${skipped > 0 ? `; ${skipped} lines hold no address` : ''}`;
}

function optionsOf(flags: Flags): SandboxOptions {
  return {
    port: flags.port,
    host: flags.host,
    publicUrl: flags.publicUrl?.replace(/\/+$/, ''),
    stateDir: flags.stateDir,
    enrollmentKeys: flags.enrollmentKey,
    tokenLifeMs: flags.tokenLife,
    answers: flags.answers,
    loginRefusedStatus: LOGIN_STATUS[flags.loginStatus],
    existingMachineStatus: EXISTING_STATUS[flags.existingStatus],
    // Nobody reads them back from the command, which may run for weeks.
    maxCalls: 1,
    maxSignals: 1,
    lapi: flags.lapi === undefined ? false : { maxCalls: 1, ...(flags.lapi === true ? {} : { port: flags.lapi }) },
  };
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65_535) throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return number;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError('Give a time as 90s, 30m or 1h30m.');
  return ms;
}
