import { fileURLToPath } from 'node:url';
import { bodyConformance, processHost } from '@crowdsec-sdk/conformance';

const next = fileURLToPath(import.meta.resolve('next/dist/bin/next'));

bodyConformance({
  ...processHost({
    adapter: 'next',
    peers: false,
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    command: [process.execPath, next, 'start'],
    env: { NEXT_MANUAL_SIG_HANDLE: 'true', NEXT_TELEMETRY_DISABLED: '1' },
  }),
  inflates: false,
});
