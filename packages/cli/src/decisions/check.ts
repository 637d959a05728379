import { text } from 'node:stream/consumers';
import type { CommandContext } from '../command-context.js';
import { EXIT, usageError } from '../failure.js';
import { timeLeft } from './described.js';
import { warnOfDamage } from './warn-of-damage.js';

/** `decisions check` */
export async function checkAddresses(context: CommandContext, given: readonly string[]): Promise<void> {
  const ips = await addressesIn(context, given);
  const installation = await context.installation();
  const stored = await installation.decisions.load();
  warnOfDamage(context, stored);
  const now = Date.now();
  const found = ips.map((ip) => ({ ip, ...stored.engine.getIpRemediation(ip) }));
  const invalid = found.filter(({ origin }) => origin === 'invalid');
  for (const { ip } of invalid) context.printer.note(`"${ip}" is no IP address.`);
  if (invalid.length > 0) context.exitCode = EXIT.usage;
  const { printer } = context;
  await printer.print({
    data: found.map(({ expiresAt, ...rest }) => ({
      ...rest,
      ...(expiresAt === undefined ? {} : { until: new Date(expiresAt).toISOString() }),
    })),
    tables: [
      {
        columns: ['IP', 'Remediation', 'Source', 'Reason', 'expiration'],
        rows: found.map(({ ip, remediation, origin, scenario = '', expiresAt }) => [
          ip,
          remediation,
          origin,
          scenario,
          scenario === '' ? '' : timeLeft(expiresAt, now),
        ]),
        paint: (text, column) => (column === 1 ? printer.remediation(text) : text),
      },
    ],
  });
}

/** The addresses that were given, and those of the standard input in the place of `-`. */
async function addressesIn({ io }: CommandContext, given: readonly string[]): Promise<readonly string[]> {
  if (!given.includes('-')) return given;
  const read = (await text(io.stdin)).split(/\s+/).filter((part) => part !== '');
  const ips = given.flatMap((ip) => (ip === '-' ? read : [ip]));
  if (ips.length === 0) throw usageError('The standard input holds no address.');
  return ips;
}
