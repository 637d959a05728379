import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

for (const name of Object.keys(dependencies).filter((name) => name.startsWith('@crowdsec-sdk/'))) {
  const { exports } = require(`${name}/package.json`);
  for (const entry of Object.keys(exports).filter((entry) => !entry.endsWith('.json'))) {
    const specifier = name + entry.slice(1);
    assert.equal(require(specifier), await import(specifier), specifier);
    console.log(`${specifier}: one copy`);
  }
}
