import type { NextConfig } from 'next';

const config: NextConfig = {
  // The workspace, not this folder, holds the packages.
  outputFileTracingRoot: new URL('../..', import.meta.url).pathname,
  turbopack: { root: new URL('../..', import.meta.url).pathname },
  // Loaded by Node as they are: they open files and sockets.
  serverExternalPackages: ['@crowdsec-sdk/core'],
};

export default config;
