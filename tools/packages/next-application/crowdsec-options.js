export const options = {
  apiUrl: process.env.CAPI_URL ?? 'http://127.0.0.1:9',
  stateDir: process.env.STATE_DIR,
  scenarios: ['acme/login-bruteforce'],
  trustedProxies: 1,
};
