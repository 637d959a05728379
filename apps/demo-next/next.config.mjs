/** @type {import('next').NextConfig} */
const config = {
  // The workspace, not this folder, holds the packages.
  outputFileTracingRoot: new URL('../..', import.meta.url).pathname,
  turbopack: { root: new URL('../..', import.meta.url).pathname },
  // Loaded by Node as they are: they open files and sockets.
  serverExternalPackages: ['@crowdsec-sdk/core'],
  // This repository checks the types by a target of their own, keeps no cache from one build to the next, and starts this application
  // dozens of times, each time for a few requests: so it is built without what pays off later, and this file is no TypeScript, which Next
  // would compile at each start.
  typescript: { ignoreBuildErrors: true },
  experimental: { turbopackFileSystemCacheForBuild: false, turbopackMinify: false, preloadEntriesOnStart: false },
};

export default config;
