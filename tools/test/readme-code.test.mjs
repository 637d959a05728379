import { describe, expect, it } from 'vitest';
import { importedPackages, readmeCode } from '../release/readme-code.mjs';

const README = `# A package

\`\`\`sh
npm install @crowdsec-sdk/express express # both
npm i -D @types/express
npx crowdsec-sandbox --port 8090 &        # a stand-in
\`\`\`

\`\`\`ts title="server.ts"
import express from 'express';
\`\`\`

\`\`\`ts
const fragment = 1;
\`\`\`

  \`\`\`ts title="indented.ts" is a part of a list\`\`\`

\`\`\`tsx title="app/page.tsx"
export const a = \`text\`;
\`\`\`

\`\`\`
npm install @keyv/redis
\`\`\`
`;

describe('the code of a README', () => {
  it('is that of the blocks with a title, in whole', () => {
    expect(readmeCode(README).files).toEqual({
      'server.ts': "import express from 'express';\n",
      'app/page.tsx': 'export const a = `text`;\n',
    });
  });

  it('needs what the install lines before it name', () => {
    expect(readmeCode(README).installs).toEqual(['@crowdsec-sdk/express', 'express', '@types/express']);
  });

  it('has commands beside them', () => {
    expect(readmeCode(README).commands).toEqual(['npx crowdsec-sandbox --port 8090 &']);
  });

  it('has fragments beside it', () => {
    expect(readmeCode(README).fragments).toContain('const fragment = 1;\n');
  });

  it('may have a file once', () => {
    const twice = '```ts title="a.ts"\n1;\n```\n\n```ts title="a.ts"\n2;\n```\n';

    expect(readmeCode(twice).problems).toEqual(['Two blocks are called a.ts.']);
    expect(readmeCode(README).problems).toEqual([]);
  });

  it('without any block with a title has no files, and all of its install lines', () => {
    expect(readmeCode('```sh\nnpm install a\n```\n')).toMatchObject({ files: {}, installs: ['a'] });
  });
});

describe('a shell script of a README', () => {
  const { files, installs, commands } = readmeCode('```sh title="try.sh"\nnpm install a\nnpx a --help # all\n```\n');

  it('is a file, whose install lines count too', () => {
    expect(files).toEqual({ 'try.sh': 'npm install a\nnpx a --help # all\n' });
    expect(installs).toEqual(['a']);
    expect(commands).toEqual(['npx a --help']);
  });
});

describe('imported packages', () => {
  it.each([
    ["import express from 'express';", ['express']],
    ["import 'reflect-metadata';", ['reflect-metadata']],
    ["import { a } from '@scope/name/path';\nimport { b } from '@scope/name';", ['@scope/name']],
    ["export { a } from 'pkg/sub';", ['pkg']],
    ["const a = require('a'), b = await import('b');", ['a', 'b']],
    ["import { readFile } from 'node:fs';\nimport { x } from './x.js';\nimport y from '$lib/y';", []],
  ])('of %j are %j', (code, names) => {
    expect(importedPackages(code)).toEqual(names);
  });
});
