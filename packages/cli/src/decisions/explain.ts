import { canonicalIp, LOCAL_ORIGIN, type StoredDecisions } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import { usageError } from '../failure.js';
import { actionOf, scopeName, timeLeft, type ShownDecision } from './described.js';
import { warnOfDamage } from './warn-of-damage.js';

type Engine = StoredDecisions['engine'];

export interface ExplainFlags {
  /** Ask the local API about its allowlists. */
  readonly allowlists?: true;
}

/** `explain` */
export async function explainAddress(
  context: CommandContext,
  given: string,
  { allowlists }: ExplainFlags = {},
): Promise<void> {
  const ip = canonicalIp(given);
  if (ip === undefined) throw usageError(`"${given}" is no IP address.`);
  const { printer } = context;
  const installation = await context.installation();
  const stored = await installation.decisions.load();
  warnOfDamage(context, stored);
  const { engine } = stored;
  const now = Date.now();
  const outcome = engine.getIpRemediation(ip);
  const matches = engine.explain(ip);
  const explained = matches.map((match, i) => ({
    match,
    comesTo: engine.remediationFor(match),
    why: i === 0 ? reasonItDecides(match, matches[1], engine) : reasonItIsOverruled(match, matches[0]!, engine),
  }));
  const asked = allowlists && { names: await (await installation.network()).allowlistsOf(ip) };
  await printer.print({
    data: {
      ip,
      remediation: outcome.remediation,
      origin: outcome.origin,
      matches: explained.map(({ match, comesTo, why }) => ({
        list: listOf(match),
        origin: match.origin,
        scope: scopeName(match.scope),
        value: match.value,
        scenario: match.scenario,
        type: actionOf(match),
        until: match.expiresAt === undefined ? null : new Date(match.expiresAt).toISOString(),
        remediation: comesTo,
        why,
      })),
      ...(asked && { allowlists: asked.names ?? null }),
    },
    tables: [
      {
        columns: ['Source', 'List', 'Scope:Value', 'Reason', 'Action', 'expiration', 'Remediation', 'Why'],
        rows: explained.map(({ match, comesTo, why }) => [
          match.origin,
          listOf(match),
          `${scopeName(match.scope)}:${match.value}`,
          match.scenario,
          actionOf(match),
          timeLeft(match.expiresAt, now),
          comesTo,
          why,
        ]),
        paint: (text, column) => (column === 6 ? printer.remediation(text) : text),
      },
    ],
    notes: [summaryOf(ip, outcome, matches.length), ...(asked ? [allowlistNote(asked.names)] : [])],
  });
}

/** What the local API says of its allowlists. */
function allowlistNote(names: readonly string[] | undefined): string {
  if (names === undefined) return "The engine can't tell of its allowlists: it is older than 1.6.9.";
  if (names.length === 0) return 'On no allowlist of the local API.';
  const lists = names.length === 1 ? `the allowlist ${names[0]}` : `the allowlists ${names.join(', ')}`;
  return `On ${lists} of the local API.`;
}

/** Which list it stands in, for people. */
function listOf({ origin, allow }: ShownDecision): string {
  if (origin === LOCAL_ORIGIN) return 'local decisions';
  if (origin === 'CAPI') return 'community blocklist';
  const name = origin.replace(/^lists:/, '');
  return `${allow ? 'allowlist' : 'blocklist'} ${name}`;
}

/** What a match gives way to. */
function reasonItIsOverruled(match: ShownDecision, winner: ShownDecision, engine: Engine): string {
  if (winner.allow) return match.allow ? 'another allowlist holds it, too' : 'gives way to the allowlist';
  if (engine.remediationFor(match) === 'bypass') return `nothing is done about '${match.type}'`;
  if (engine.rankOf(match.type) > engine.rankOf(winner.type)) return `'${winner.type}' is stronger`;
  return winner.origin === LOCAL_ORIGIN ? "this installation's own goes first" : 'a narrower or earlier one goes first';
}

function reasonItDecides(match: ShownDecision, second: ShownDecision | undefined, engine: Engine): string {
  if (match.allow) return 'wins: an allowlist beats every decision';
  const remediation = engine.remediationFor(match);
  if (remediation === 'bypass') {
    return `nothing is done: '${match.type}' is not among \`remediations\`, or bouncingLevel rules it out`;
  }
  const how = remediation === match.type ? '' : `; the policy turns '${match.type}' into '${remediation}'`;
  return `wins: ${reasonOfPrecedence(match, second, engine)}${how}`;
}

function reasonOfPrecedence(match: ShownDecision, second: ShownDecision | undefined, engine: Engine): string {
  if (second === undefined) return 'it is the only one';
  if (engine.rankOf(second.type) > engine.rankOf(match.type)) return `'${match.type}' is the strongest`;
  return match.origin === LOCAL_ORIGIN ? "of equals, this installation's own" : 'of equals, the narrowest';
}

function summaryOf(ip: string, { remediation, origin }: ReturnType<Engine['getIpRemediation']>, count: number): string {
  if (origin === 'unavailable') return `${ip}: no decision of the network was ever loaded, see onUnavailable`;
  if (count === 0) return `${ip}: no decision holds it, requests pass`;
  if (remediation === 'bypass') return `${ip}: requests pass (${origin})`;
  return `${ip}: ${remediation} (${origin})`;
}
