import type { InstallationNetwork } from '@crowdsec-sdk/core/installation';
import { timeLeft } from '../decisions/described.js';
import type { CommandContext } from '../command-context.js';
import { CommandError, EXIT } from '../failure.js';

/** `capi register` */
export async function register(context: CommandContext): Promise<void> {
  const network = await (await context.installation()).network();
  const before = await network.machine();
  const state = await network.authenticate();
  const isNew = before?.identity !== 'validated';
  await context.printer.print({
    data: { status: isNew ? 'registered' : 'already-registered', machineId: state.machineId, url: network.capiRoot },
    tables: [],
    notes: [
      isNew
        ? `Successfully registered to Central API (CAPI) as ${state.machineId ?? ''}`
        : `This machine is registered already, as ${state.machineId ?? ''}`,
    ],
  });
}

/** `capi status` */
export async function status(context: CommandContext, { check }: { readonly check?: true }): Promise<void> {
  const installation = await context.installation();
  const network = await installation.network();
  const state = await stateOf(network, check === true);
  const now = Date.now();
  const { pulledAt } = await installation.decisions.load();
  const moment = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());
  const isUsable = state.identity === 'validated' && state.stop === undefined;
  if (!isUsable) context.exitCode = EXIT.failed;
  await context.printer.print({
    data: { url: network.capiRoot, ...state, ...(pulledAt === undefined ? {} : { pulledAt: moment(pulledAt) }) },
    tables: [
      {
        columns: ['Central API (CAPI)', ''],
        rows: [
          ['URL', network.capiRoot ?? ''],
          ['Store', installation.store.description],
          ['Machine ID', state.machineId ?? 'none'],
          ['Identity', state.identity],
          ['Token', tokenText(state.tokenExpiresAt, now)],
          ['Logins in the last hour', `${state.loginsLastHour} of 5`],
          ['Last pull of decisions', pulledAt === undefined ? 'never' : moment(pulledAt)],
          ...(state.stop === undefined
            ? []
            : [['All calls rest', `until ${moment(state.stop.until)}: ${state.stop.code}: ${state.stop.message}`]]),
        ],
      },
    ],
    notes: [conclusion(state.identity, isUsable, check === true)],
  });
}

type State = NonNullable<Awaited<ReturnType<InstallationNetwork['machine']>>>;

async function stateOf(network: InstallationNetwork, check: boolean): Promise<State> {
  const state = check ? await network.authenticate() : await network.machine();
  if (state !== undefined) return state;
  throw new CommandError("The configuration names no Central API: give `env: 'prod'` or `apiUrl`.", {
    exitCode: EXIT.usage,
    code: 'CROWDSEC_OPTION_INVALID',
  });
}

function tokenText(expiresAt: number | undefined, now: number): string {
  if (expiresAt === undefined) return 'none';
  return expiresAt > now ? `good for ${timeLeft(expiresAt, now)}` : 'expired: the next call logs in';
}

function conclusion(identity: State['identity'], isUsable: boolean, isChecked: boolean): string {
  if (isUsable && isChecked) return 'You can successfully interact with Central API (CAPI)';
  if (isUsable) return 'This machine is registered. capi status --check tries a login.';
  return identity === 'none'
    ? 'This machine is not registered: start the application, or run capi register.'
    : 'This machine can not interact with Central API (CAPI) for now.';
}
