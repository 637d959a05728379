import { sequence } from '@sveltejs/kit/hooks';
import { guard, second } from '$lib/server/crowdsec';

/** First of all; `second` is another guard of the same agent, which judges nobody twice. */
export const handle = sequence(guard, second);
