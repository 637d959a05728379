import { building } from '$app/environment';
import { crowdsecHandle } from '@crowdsec-sdk/sveltekit';
import type { Handle } from '@sveltejs/kit';
import { crowdsecOptions } from './crowdsec-options';

/** The hook, with the agent behind it: endpoints report to it. No agent runs while pages are prerendered. */
export const guard = crowdsecHandle(crowdsecOptions(), { enabled: !building });

const again = crowdsecHandle(guard.crowdsec);

export const second: Handle = (input) =>
  input.event.url.pathname === '/guarded' ? again(input) : input.resolve(input.event);
