import { setTimeout as sleep } from 'node:timers/promises';
import { timeLeft } from '../decisions/described.js';
import type { CommandContext } from '../command-context.js';

/** `signals flush` */
export async function flush(context: CommandContext, { wait }: { readonly wait?: true }): Promise<void> {
  const network = await (await context.installation()).network();
  const progress = context.progress();
  let sent = 0;
  let result = await network.flush();
  sent += result.sent;
  while (wait === true && result.waiting > 0) {
    const until = Math.max(Date.now() + 250, result.nextAllowedAt);
    progress.show(
      `${sent} signals sent, ${result.waiting} wait; the next call leaves in ${timeLeft(until, Date.now())}`,
    );
    await sleep(until - Date.now());
    result = await network.flush();
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
