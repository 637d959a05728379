import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [sveltekit()],
  // Packages that are linked into the workspace would be bundled; those that npm installs are not.
  ssr: { external: ['@crowdsec-sdk/core', '@crowdsec-sdk/sveltekit'] },
});
