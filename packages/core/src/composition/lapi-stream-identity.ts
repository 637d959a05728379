import { createHash } from 'node:crypto';
import type { ParsedLapiOptions } from '../lapi/options.js';
import type { StreamFilter } from '../lapi/stream-client.js';
import type { Secret } from '../secret.js';
import { secretOf } from '../secret-file.js';

/** Which decisions are asked of a local API. @param hasGeo whether anybody can tell where an address is */
export function streamFilterOf(lapi: ParsedLapiOptions, hasGeo: boolean): StreamFilter {
  const { scopes, origins, scenariosContaining, scenariosNotContaining } = lapi;
  return {
    scopes: scopes ?? ['ip', 'range', ...(hasGeo ? ['country', 'as'] : [])],
    origins,
    scenariosContaining,
    scenariosNotContaining,
  };
}

/**
 * A hash of what a local API knows us by, the key or the certificate.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a key file that can't be read
 */
export function credentialHashOf({
  apiKey,
  apiKeyFile,
  tls,
}: Pick<ParsedLapiOptions, 'apiKey' | 'apiKeyFile' | 'tls'>): string {
  return hashOfCredential(secretOf({ value: apiKey, file: apiKeyFile }, 'options.lapi.apiKey'), tls?.cert);
}

/** As {@link credentialHashOf}, of a key that was read already. */
export function hashOfCredential(key: Secret | undefined, cert: string | Buffer | undefined): string {
  return createHash('sha256')
    .update(key?.reveal() ?? cert ?? '')
    .digest('hex');
}
