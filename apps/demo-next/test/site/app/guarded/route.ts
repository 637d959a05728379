import { withCrowdsec } from '@crowdsec-sdk/next';

/** Under `cacheComponents`, `next build` tries to prerender what answers GET. */
export const GET = withCrowdsec((_request, { crowdsec }) => Response.json({ you: crowdsec.ip }));
