import * as z from 'zod';
import { CrowdsecError } from '../errors.js';
import type { MachineClient } from './machine-client.js';

/** An engine with many decisions takes its time. */
const CALL_TIMEOUT_MS = 10_000;

/** Which decisions are meant: about an address and all ranges around it, or about a range and all that contain it. */
export type DeletedTarget = { readonly ip: string; readonly scopes?: string } | { readonly range: string };

/**
 * Ends decisions at LAPI, whoever made them; bouncers are told by their next delta.
 *
 * @returns how many there were
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` without a target: LAPI takes a call without a filter as one about all decisions
 */
export async function deleteDecisions(
  machine: Pick<MachineClient, 'send' | 'url'>,
  target: DeletedTarget,
): Promise<number> {
  const named: Readonly<Record<string, string | undefined>> = { ...target };
  if ((named.ip ?? '') === '' && (named.range ?? '') === '') {
    throw new CrowdsecError(
      'CROWDSEC_OPTION_INVALID',
      'target: must name an ip or a range; without either, all decisions of the engine would end.',
      { path: 'target' },
    );
  }
  const { body } = await machine.send({
    method: 'DELETE',
    path: '/v1/decisions',
    query: named,
    timeoutMs: CALL_TIMEOUT_MS,
  });
  const answer = answerSchema.safeParse(body);
  if (answer.success) return answer.data.nbDeleted;
  throw new CrowdsecError(
    'CROWDSEC_API_MALFORMED',
    `DELETE /v1/decisions was answered without a count (${machine.url}).`,
  );
}

/** The engine writes the number as a text. */
const answerSchema = z.object({ nbDeleted: z.coerce.number() });
