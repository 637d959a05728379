import { maskedId } from '../redaction/masked-id.js';
import type { AgentContext } from './agent-context.js';

/** What is in use of a network, once it works. */
export interface DecisionsInUse {
  /** As people know it: `CAPI`, `LAPI at http://127.0.0.1:8080`. */
  readonly peer: string;
  /** Who this installation is to it; absent where it is known by a key alone. */
  readonly machineId?: string | undefined;
  readonly decisions: number;
  /** In ms since the epoch. */
  readonly nextPullAt?: number | undefined;
}

/** Says that a network works, by the first of its decisions that are in use: one line for each network and process. */
export function tellReady(
  { logger }: Pick<AgentContext, 'logger'>,
  { peer, machineId, decisions, nextPullAt }: DecisionsInUse,
): void {
  const machine = machineId === undefined ? undefined : maskedId(machineId);
  const text = [
    ...(machine === undefined ? [] : [`machine ${machine}`]),
    `${decisions} ${decisions === 1 ? 'decision' : 'decisions'} in use`,
    ...(nextPullAt === undefined ? [] : [`next pull at ${new Date(nextPullAt).toISOString()}`]),
  ];
  logger.info(`${peer} works: ${text.join(', ')}.`, {
    code: 'READY',
    peer,
    ...(machine === undefined ? {} : { machine }),
    decisions,
    ...(nextPullAt === undefined ? {} : { nextPullAt }),
  });
}
