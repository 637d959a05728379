import type { NextConfig } from 'next';

const workspace = new URL('../../../..', import.meta.url).pathname;

/** What has made guards miss pages, all at once. */
const nextConfig: NextConfig = {
  basePath: '/shop',
  i18n: { locales: ['en', 'de'], defaultLocale: 'en' },
  skipTrailingSlashRedirect: true,
  cacheComponents: true,
  partialPrefetching: true,
  output: 'standalone',
  serverExternalPackages: ['@crowdsec-sdk/core'],
  // The types of this folder are checked with those of the whole application.
  typescript: { ignoreBuildErrors: true },
  experimental: { turbopackFileSystemCacheForBuild: false, turbopackMinify: false },
  outputFileTracingRoot: workspace,
  turbopack: { root: workspace },
};

export default nextConfig;
