import { defineNitroConfig } from 'nitropack/config';

export default defineNitroConfig({
  compatibilityDate: '2026-11-01',
  srcDir: 'server',
  publicAssets: [{ dir: '../public' }],
  // The packages stay where they are: copying them would take most of the build.
  externals: { trace: false },
  imports: false,
  // What Nitro answers itself is guarded too.
  routeRules: { '/old': { redirect: '/hello' } },
});
