import { isCrowdsecError, type CrowdsecError } from '../errors.js';

/** Whether LAPI refuses who we are: a key, a certificate, a token or a password. */
export function isRefused(error: unknown): error is CrowdsecError {
  return isCrowdsecError(error, 'CROWDSEC_API_STATUS') && (error.status === 401 || error.status === 403);
}
