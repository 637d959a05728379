import { building } from '$app/environment';
import { programOptions } from '@crowdsec-sdk/conformance/program';
import { crowdsecHandle } from '@crowdsec-sdk/sveltekit';
import type { Handle } from '@sveltejs/kit';

/** A sandbox on this machine, unless a test tells otherwise. */
const options = programOptions({
  apiUrl: 'http://127.0.0.1:8090',
  scenarios: ['acme/login-bruteforce'],
  ephemeral: true,
});

/** The hook, with the agent behind it: endpoints report to it. No agent runs while pages are prerendered. */
export const guard = crowdsecHandle(options, { enabled: !building });

const again = crowdsecHandle(guard.crowdsec);

export const second: Handle = (input) =>
  input.event.url.pathname === '/guarded' ? again(input) : input.resolve(input.event);
