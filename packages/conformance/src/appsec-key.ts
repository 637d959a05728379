/** The key that the sandbox's AppSec knows. */
export const APPSEC_KEY = 'conformance-appsec-key';
