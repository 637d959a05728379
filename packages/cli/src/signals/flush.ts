import { setTimeout as sleep } from 'node:timers/promises';
import { isCrowdsecError, type Installation } from '@crowdsec-sdk/core/installation';
import { timeLeft } from '../decisions/described.js';
import type { CommandContext } from '../command-context.js';

/** The shortest gap between two calls with signals, in ms, where nobody told another. */
const GAP_MS = 10_000;

/** `signals flush` */
export async function flush(context: CommandContext, { wait }: { readonly wait?: true }): Promise<void> {
  const installation = await context.installation();
  const progress = context.progress();
  let result = wait === true ? await flushOrGoOn(installation) : await (await installation.network()).flush();
  let { sent } = result;
  while (wait === true && result.waiting > 0) {
    const until = Math.max(Date.now() + 250, result.nextAllowedAt);
    const left = timeLeft(until, Date.now());
    progress.show(`${sent} signals sent, ${result.waiting} wait; the next call leaves in ${left}`);
    await sleep(until - Date.now());
    result = await flushOrGoOn(installation);
    sent += result.sent;
  }
  progress.end();
  const { waiting, nextAllowedAt } = result;
  const when = waiting === 0 ? '' : ` The next call may leave in ${timeLeft(nextAllowedAt, Date.now())}.`;
  await context.printer.print({
    data: { sent, waiting, nextAllowedAt: new Date(nextAllowedAt).toISOString() },
    tables: [],
    notes: [`${sent} signals sent, ${waiting} wait.${when}`],
  });
}

/** A call that is refused for what is in it is followed by smaller ones, until the signal that is to blame is set aside. */
async function flushOrGoOn(
  installation: Installation,
): Promise<{ readonly sent: number; readonly waiting: number; readonly nextAllowedAt: number }> {
  try {
    return await (await installation.network()).flush();
  } catch (error) {
    if (!isCrowdsecError(error, 'CROWDSEC_API_STATUS') || ![400, 413, 422].includes(error.status ?? 0)) throw error;
    return { sent: 0, waiting: await (await installation.signals()).size(), nextAllowedAt: Date.now() + GAP_MS };
  }
}
