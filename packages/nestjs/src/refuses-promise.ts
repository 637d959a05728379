import { Logger } from '@nestjs/common';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { oncePerAgent } from './once-per-agent.js';

/**
 * Whether a function of the application that must answer at once answered by a promise, which is truthy and tells nothing
 * yet: said once, and what becomes of the promise is nobody's business.
 */
export function refusesPromise(crowdsec: Crowdsec, what: string, answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || !('then' in answer)) return false;
  // A field of that name, as a visitor may send it, makes no promise.
  if (typeof answer.then !== 'function') return false;
  void Promise.resolve(answer).catch(() => undefined);
  const message = `CROWDSEC_OPTION_INVALID: ${what} answered by a promise, which is not waited for. Make it synchronous.`;
  oncePerAgent(crowdsec, what, () => new Logger('Crowdsec').error(message));
  return true;
}
