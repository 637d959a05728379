import { text } from 'node:stream/consumers';
import { knowSecret } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';

export interface EnrollFlags {
  readonly name?: string;
  readonly tags?: readonly string[];
  readonly overwrite?: true;
}

/** `console enroll` */
export async function enroll(context: CommandContext, given: string, flags: EnrollFlags): Promise<void> {
  const key = given === '-' ? (await text(context.io.stdin)).trim() : given;
  knowSecret(key);
  const { name, overwrite } = flags;
  const tags = flags.tags?.flatMap((tag) => tag.split(',')).filter((tag) => tag !== '');
  const network = await (await context.installation()).network();
  const { status } = await network.enroll({
    key,
    ...(name === undefined ? {} : { name }),
    ...(tags === undefined ? {} : { tags }),
    ...(overwrite === true ? { overwrite } : {}),
  });
  const note =
    status === 'enrolled'
      ? 'Instance enrolled: please go to https://app.crowdsec.net to accept it.'
      : 'This instance was enrolled already: nothing has changed. See --overwrite.';
  await context.printer.print({ data: { status }, tables: [], notes: [note] });
}
