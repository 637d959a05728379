import { EXTENSION_API_VERSION, type DetectionEvent, type Extension, type Outcome } from '@crowdsec-sdk/core/extension';

/**
 * An extension as anybody could write one, mistake included: it whispers about each failed login, trivial alone and telling in
 * numbers, and throws at a user name such as `100%`, which can't be decoded. Five of those within a minute switch it off.
 */
export function fragile(): Extension {
  return {
    name: 'demo.fragile',
    apiVersion: EXTENSION_API_VERSION,
    scenarios: [SCENARIO],
    behavior: 'http:bruteforce',
    detectors: [{ name: 'each-failure', on: ['app:login-failed'], detect: whisper }],
  };
}

const SCENARIO = 'demo/login-bruteforce';

function whisper(event: DetectionEvent): Outcome | undefined {
  const user = 'facts' in event ? String(event.facts.user ?? '') : '';
  // An empty field is a slip.
  return decodeURIComponent(user).trim() === '' ? undefined : { scenario: SCENARIO, signal: 'whisper' };
}
