/**
 * Frameworks that build whole projects: the least files that their own starters (`create-next-app`, `create-react-router`, `sv create`) make. The
 * README's own come on top.
 *
 * @import { Profile } from './profiles.mjs'
 */

const REACT = { react: '^19.0.0', 'react-dom': '^19.0.0', '@types/react': '^19.0.0', '@types/react-dom': '^19.0.0' };
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler', target: 'es2022', noEmit: true };
const DOM = ['dom', 'dom.iterable', 'esnext'];
const CHECKED_BY_BUNDLER = { esModuleInterop: true, resolveJsonModule: true, isolatedModules: true };

/** @type {Profile} */
export const NEXT = {
  label: '',
  base: { next: '^16.0.0', ...REACT, typescript: '^6.0.0' },
  files: {
    'app/layout.tsx': `import type { ReactNode } from 'react';

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
`,
    'app/page.tsx': 'export default function Page() {\n  return <p>The shop</p>;\n}\n',
    'next-env.d.ts': '/// <reference types="next" />\n/// <reference types="next/image-types/global" />\n',
  },
  compilerOptions: { ...BUNDLER, ...CHECKED_BY_BUNDLER, lib: DOM, jsx: 'react-jsx' },
  fragments: { 'next.config.ts': /\bconst nextConfig\b/ },
  startScript: /"start": "([^"]+)"/,
  build: ['next/dist/bin/next', 'build'],
  start: ['next/dist/bin/next', 'start'],
  env: { NEXT_TELEMETRY_DISABLED: '1' },
  notCompiled: { 5.9: "Next's own types name parts of the DOM that TypeScript 5.9 does not declare" },
  // As Next itself ends after SIGTERM; registerCrowdsec keeps to that.
  ends: [143],
};

/** @type {Profile} */
export const REACT_ROUTER = {
  label: '',
  // The starter names one exact version for all packages of React Router, and they ask for it.
  base: {
    ...REACT,
    '@react-router/dev': '7.18.4',
    '@react-router/node': '7.18.4',
    isbot: '^5.1.0',
    'react-router': '7.18.4',
    typescript: '^5.9.0',
    vite: '^7.0.0',
  },
  packageJson: { type: 'module' },
  files: {
    'app/root.tsx': `import type { ReactNode } from 'react';
import { Outlet, Scripts } from 'react-router';

export function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        {children}
        <Scripts />
      </body>
    </html>
  );
}

export default function Root() {
  return <Outlet />;
}
`,
    'vite.config.ts': `import { reactRouter } from '@react-router/dev/vite';
import { defineConfig } from 'vite';

export default defineConfig({ plugins: [reactRouter()] });
`,
  },
  compilerOptions: {
    ...{ ...BUNDLER, ...CHECKED_BY_BUNDLER, lib: DOM, jsx: 'react-jsx', verbatimModuleSyntax: true },
    ...{ types: ['node', 'vite/client'], rootDirs: ['.', './.react-router/types'] },
  },
  tsconfig: { include: ['**/*', '.react-router/types/**/*'] },
  prepare: ['@react-router/dev/bin.js', 'typegen'],
  build: ['@react-router/dev/bin.js', 'build'],
  start: ['./server.js'],
};

/** @type {Profile} */
export const SVELTEKIT = {
  label: '',
  base: {
    '@sveltejs/adapter-node': '^5.5.0',
    '@sveltejs/kit': '^2.70.0',
    '@sveltejs/vite-plugin-svelte': '^7.0.0',
    svelte: '^5.0.0',
    typescript: '^6.0.0',
    vite: '^8.0.0',
  },
  packageJson: { type: 'module' },
  files: {
    'src/app.html': `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    %sveltekit.head%
  </head>
  <body>
    %sveltekit.body%
  </body>
</html>
`,
    'src/routes/+page.svelte': '<h1>The shop</h1>\n',
    'svelte.config.js': `import adapter from '@sveltejs/adapter-node';

/** @type {import('@sveltejs/kit').Config} */
export default { kit: { adapter: adapter() } };
`,
    'vite.config.ts': `import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

export default defineConfig({ plugins: [sveltekit()] });
`,
  },
  compilerOptions: {
    moduleResolution: 'bundler',
    allowJs: true,
    checkJs: true,
    esModuleInterop: true,
    resolveJsonModule: true,
  },
  tsconfig: { extends: './.svelte-kit/tsconfig.json' },
  prepare: ['@sveltejs/kit/svelte-kit.js', 'sync'],
  build: ['vite/bin/vite.js', 'build'],
  start: ['./build/index.js'],
};
