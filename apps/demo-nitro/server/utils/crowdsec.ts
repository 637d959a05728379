import { programOptions } from '@crowdsec-sdk/conformance/program';
import { crowdsecNitroPlugin } from '@crowdsec-sdk/h3';

/** A sandbox on this machine, unless a test tells otherwise. */
const options = programOptions({
  apiUrl: 'http://127.0.0.1:8090',
  scenarios: ['acme/login-bruteforce'],
  ephemeral: true,
});

/** The plugin, with the agent behind it: routes report to it. */
export const guard = crowdsecNitroPlugin(options);
