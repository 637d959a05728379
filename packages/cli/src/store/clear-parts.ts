import { createInterface } from 'node:readline/promises';
import type { CommandContext } from '../command-context.js';
import { usageError } from '../failure.js';
import { CLEARABLE, type ClearablePart, type ClearFlags } from './clear.js';

/** `store clear` */
export async function clearStore(context: CommandContext, { what, yes }: ClearFlags): Promise<void> {
  const installation = await context.installation();
  const parts = [...new Set(what)];
  if (yes !== true) await confirm(context, parts, installation.store.description);
  const cleared: Record<string, number | true> = {};
  for (const part of parts) cleared[part] = await clear(context, part);
  await context.printer.print({
    data: { cleared },
    tables: [],
    notes: parts.map((part) => `Cleared ${part}${cleared[part] === true ? '' : `: ${cleared[part]}`}`),
  });
}

async function clear(context: CommandContext, part: ClearablePart): Promise<number | true> {
  const installation = await context.installation();
  switch (part) {
    case 'decisions':
      return installation.decisions.clear();
    case 'local-decisions':
      return (await installation.decisions.lift(() => true)).length;
    case 'signals':
      return (await installation.signals()).dropPending();
    case 'quarantine':
      return (await installation.network()).dropPoisoned(() => true);
    case 'token':
      await installation.store.delete('token');
      return true;
  }
}

async function confirm({ io }: CommandContext, parts: readonly ClearablePart[], where: string): Promise<void> {
  if (io.stdin.isTTY !== true) throw usageError('Nobody can be asked: give --yes.');
  for (const part of parts) io.stderr.write(`${part}: ${CLEARABLE[part]}\n`);
  const asker = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = await asker.question(`Forget that in the store (${where})? [y/N] `);
    if (!/^y(?:es)?$/i.test(answer.trim())) throw usageError('Nothing was cleared.');
  } finally {
    asker.close();
  }
}
