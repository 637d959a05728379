import type { PanelRequest } from './options.js';

/** The header that the page's own script sets: forms of other sites cannot, and scripts of theirs would have to ask first. */
const OWN_HEADER = 'x-crowdsec-panel';

/** Whether a request that changes something comes from the page itself. */
export function isFromPage({ headers }: PanelRequest): boolean {
  if (headers[OWN_HEADER] !== '1') return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin, host } = headers;
  return origin !== undefined && host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
