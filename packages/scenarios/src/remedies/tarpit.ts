import { banRemedy, timerScheduler, type Remedy, type Scheduler } from '@crowdsec-sdk/core';
import { invalidOption } from '../scenario-options.js';

/** The options of {@link tarpit}. */
export interface TarpitOptions {
  /** How long a client waits, in ms: 1 to 25,000, 10,000 by default. A remedy that takes 30 s has failed. */
  readonly delayMs?: number | undefined;
  /** How many requests wait at most, of all clients: 1 to 100,000, 100 by default. Each holds a connection. */
  readonly maxWaiting?: number | undefined;
  /** What the client is answered in the end; the refusal of `ban` by default. */
  readonly answer?: Remedy | undefined;
  readonly scheduler?: Scheduler | undefined;
}

/**
 * A remedy that lets the client wait before it is refused: a scanner that asks one thing after the other gets slow. Once
 * `maxWaiting` requests wait, the next ones are refused at once, for a tarpit must not exhaust the one who digs it. A
 * client that hangs up keeps its place until its time is over.
 *
 * ```ts
 * const mud: Extension = { name: 'acme.mud', apiVersion: 1, remedies: { tarpit: tarpit({ delayMs: 5_000 }) } };
 * createCrowdsec({ env: 'prod', remediations: ['ban', 'captcha', 'tarpit'], extensions: [mud] });
 * ```
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function tarpit(options: TarpitOptions = {}): Remedy {
  const { delayMs = 10_000, maxWaiting = 100, answer = banRemedy(), scheduler = timerScheduler } = options;
  if (!isWhole(delayMs, 25_000)) throw invalidOption('delayMs', 'must be a whole number from 1 to 25,000');
  if (!isWhole(maxWaiting, 100_000)) throw invalidOption('maxWaiting', 'must be a whole number from 1 to 100,000');
  let waiting = 0;
  return async (request) => {
    if (waiting < maxWaiting) {
      waiting++;
      await new Promise<void>((resolve) => void scheduler.schedule('crowdsec:tarpit', delayMs, resolve));
      waiting--;
    }
    return answer(request);
  };
}

function isWhole(number: number, most: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= most;
}
