import * as z from 'zod';
import type { Clock } from '../clock.js';
import { isCrowdsecError } from '../errors.js';
import type { MachineClient } from './machine-client.js';

const CALL_TIMEOUT_MS = 10_000;
/** An engine that has no such call is asked again after this time: it may have been upgraded. */
const UNSUPPORTED_MS = 24 * 3_600_000;

const answerSchema = z.object({
  results: z.array(z.object({ target: z.string(), allowlists: z.array(z.string()).nullish() })).nullish(),
});

/** Asks LAPI which addresses its operator never wants to see banned. Before 1.6.9 an engine can't tell. */
export class LapiAllowlists {
  readonly #machine: Pick<MachineClient, 'send'>;
  readonly #clock: Clock;
  #unsupportedUntil = -Infinity;

  constructor(options: { readonly machine: Pick<MachineClient, 'send'>; readonly clock: Clock }) {
    this.#machine = options.machine;
    this.#clock = options.clock;
  }

  /**
   * Those of these addresses and ranges that are on an allowlist.
   *
   * @throws CrowdsecError those of {@link MachineClient.send}
   */
  async among(values: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set((await this.holding(values))?.keys());
  }

  /**
   * The names of the allowlists that hold each of these addresses and ranges, of those that any holds; `undefined` when the engine can't tell.
   *
   * @throws CrowdsecError those of {@link MachineClient.send}
   */
  async holding(values: readonly string[]): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
    const targets = [...new Set(values)];
    if (targets.length === 0) return new Map();
    if (this.#clock.monotonic() < this.#unsupportedUntil) return undefined;
    try {
      const { body } = await this.#machine.send({
        method: 'POST',
        path: '/v1/allowlists/check',
        body: { targets },
        timeoutMs: CALL_TIMEOUT_MS,
        repeatable: true,
      });
      const answer = answerSchema.safeParse(body);
      if (!answer.success) return undefined;
      return new Map(answer.data.results?.map(({ target, allowlists }) => [target, allowlists ?? []]));
    } catch (error) {
      if (!isCrowdsecError(error, 'CROWDSEC_API_STATUS') || !UNSUPPORTED.includes(error.status ?? 0)) throw error;
      this.#unsupportedUntil = this.#clock.monotonic() + UNSUPPORTED_MS;
      return undefined;
    }
  }
}

const UNSUPPORTED: readonly number[] = [400, 404, 405];
