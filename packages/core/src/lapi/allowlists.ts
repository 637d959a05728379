import { z } from 'zod';
import type { Clock } from '../clock.js';
import { isCrowdsecError } from '../errors.js';
import type { MachineClient } from './machine-client.js';

const CALL_TIMEOUT_MS = 10_000;
/** An engine that has no such call is asked again after this time: it may have been upgraded. */
const UNSUPPORTED_MS = 24 * 3_600_000;

const answerSchema = z.object({ results: z.array(z.object({ target: z.string() })).nullish() });

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
    const targets = [...new Set(values)];
    if (targets.length === 0 || this.#clock.monotonic() < this.#unsupportedUntil) return NONE;
    try {
      const { body } = await this.#machine.send({
        method: 'POST',
        path: '/v1/allowlists/check',
        body: { targets },
        timeoutMs: CALL_TIMEOUT_MS,
        repeatable: true,
      });
      const answer = answerSchema.safeParse(body);
      return answer.success ? new Set(answer.data.results?.map(({ target }) => target)) : NONE;
    } catch (error) {
      if (!isCrowdsecError(error, 'CROWDSEC_API_STATUS') || !UNSUPPORTED.includes(error.status ?? 0)) throw error;
      this.#unsupportedUntil = this.#clock.monotonic() + UNSUPPORTED_MS;
      return NONE;
    }
  }
}

const NONE: ReadonlySet<string> = new Set();
const UNSUPPORTED: readonly number[] = [400, 404, 405];
