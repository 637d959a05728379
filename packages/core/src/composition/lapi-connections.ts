import { endpointFetch, type TlsOptions } from '../http/dispatcher.js';
import { parseEndpoint } from '../http/endpoint.js';
import type { ParsedLapiOptions } from '../lapi/options.js';
import { LapiTransport } from '../lapi/transport.js';
import { lapiUserAgent } from '../lapi/user-agent.js';
import { secretOf } from '../secret-file.js';
import { observedFetch } from '../telemetry/observed-fetch.js';
import type { AgentContext } from './agent-context.js';
import { hashOfCredential } from './lapi-stream-identity.js';

/** The ways in which an agent speaks to a local API. */
export interface LapiConnections {
  /** As the bouncer, by its key or client certificate. */
  readonly bouncer: LapiTransport;
  /** As a machine. It never shows the bouncer's certificate: an engine that is shown one looks at nothing else. */
  readonly machine: LapiTransport;
  /** A hash of what the bouncer is known by, which tells keys apart and tells nobody the key. */
  readonly credentialHash: string;
  readonly hasCertificate: boolean;
  close(): Promise<void>;
}

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a key file that can't be read */
export function createLapiConnections(
  { options, logger, calls, clock, histograms }: AgentContext,
  { url, apiKey, apiKeyFile, tls = {}, machine }: ParsedLapiOptions,
): LapiConnections {
  const endpoint = parseEndpoint(url, 'options.lapi.url', 'v1');
  const userAgent = lapiUserAgent({ suffix: options.userAgentSuffix, version: options.userAgentVersion });
  const key = secretOf({ value: apiKey, file: apiKeyFile }, 'options.lapi.apiKey');
  const closing: (() => Promise<void>)[] = [];
  const prefix = new URL(endpoint.root).pathname.replace(/\/$/, '');
  const connect = (credentials: TlsOptions): LapiTransport => {
    const { fetch: plainFetch, close } = endpointFetch(endpoint, {
      tls: credentials,
      warn: (message) => logger.warn(message, { code: 'PROXY_UNUSABLE' }),
    });
    closing.push(close);
    const fetch = observedFetch(plainFetch, { peerOf: () => 'lapi', prefix, histograms, clock });
    return new LapiTransport({ endpoint, userAgent, apiKey: key, fetch, signal: calls.signal });
  };
  const bouncer = connect(tls);
  const isShared = machine?.tls === undefined && tls.cert === undefined;
  return {
    bouncer,
    credentialHash: hashOfCredential(key, tls.cert),
    hasCertificate: tls.cert !== undefined,
    machine: isShared ? bouncer : connect({ ca: tls.ca, ...machine?.tls }),
    close: async () => void (await Promise.all(closing.map((close) => close()))),
  };
}
