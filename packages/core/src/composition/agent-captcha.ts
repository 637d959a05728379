import { Captcha } from '../captcha/captcha.js';
import type { Fetch } from '../http/fetch.js';
import type { Store } from '../store/store.js';
import type { AgentContext } from './agent-context.js';

/** The captcha of an agent; `undefined` where the options switch it off, or have a remedy of their own for it. */
export function createAgentCaptcha(
  { options, clock, logger, events, calls }: AgentContext,
  { store, fetch }: { readonly store: Store; readonly fetch: Fetch },
): Captcha | undefined {
  if (options.captcha === false || Object.hasOwn(options.remedies, 'captcha')) return undefined;
  return new Captcha({
    options: options.captcha,
    store,
    clock,
    logger,
    fetch,
    signal: calls.signal,
    asksAnybody: options.appsec !== undefined,
    onSolved: (solved) => events.emit('captchaSolved', solved),
  });
}
