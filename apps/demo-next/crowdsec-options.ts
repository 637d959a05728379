import { programOptions } from '@crowdsec-sdk/conformance/program';

/** The options of the agent: a sandbox on this machine behind one proxy, unless a test tells otherwise. */
export const crowdsecOptions = programOptions({
  apiUrl: 'http://127.0.0.1:8090',
  scenarios: ['acme/login-bruteforce'],
  trustedProxies: 1,
  ephemeral: true,
});
