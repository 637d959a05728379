import { fileURLToPath } from 'node:url';
import { processHost, type CaseGroup } from '@crowdsec-sdk/conformance';

/** This app, built, in a process of its own. */
export const nextHost = processHost({
  adapter: 'next',
  peers: false,
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  command: [process.execPath, fileURLToPath(import.meta.resolve('next/dist/bin/next')), 'start'],
  env: { NEXT_MANUAL_SIG_HANDLE: 'true', NEXT_TELEMETRY_DISABLED: '1' },
});

/** Half of the work of the suite, for a file of its own. */
export const APPSEC_GROUPS: readonly CaseGroup[] = ['appsec', 'appsecFailures', 'appsecHostile'];
