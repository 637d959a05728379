/**
 * `node import-effects.mjs FOLDER… -- ENTRY…`: prints what importing each entry changes in the process, as JSON, an empty list when nothing.
 * What the JavaScript of the folders imports from elsewhere is imported before, and is not judged: what a dependency does is not ours.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const STATIC_IMPORT = /^(?:import|export)\b[^'"]*['"]([^.'"][^'"]*)['"]/gm;

const given = process.argv.slice(2);
const folders = given.slice(0, given.indexOf('--'));
const entries = given.slice(given.indexOf('--') + 1);

for (const folder of folders) await importDependencies(folder);
/** @type {Record<string, string[]>} */
const effects = {};
for (const entry of entries) {
  const before = new Set(state());
  await import(pathToFileURL(entry).href);
  effects[entry] = state().filter((line) => !before.has(line));
}
console.log(JSON.stringify(effects));

/** @param {string} folder */
async function importDependencies(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const names = files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return [...text.matchAll(STATIC_IMPORT)].map(([, name = '']) => name);
  });
  // Some are optional and absent.
  for (const name of new Set(names)) if (!name.startsWith('@crowdsec-sdk/')) await import(name).catch(() => undefined);
}

/** What is the same for the whole process, a line each. */
function state() {
  return [
    ...process.eventNames().map((name) => `process.on(${String(name)}): ${process.listenerCount(name)}`),
    ...Reflect.ownKeys(globalThis).map((key) => `globalThis[${String(key)}]`),
    ...process.getActiveResourcesInfo().map((resource) => `active: ${resource}`),
    ...Object.entries(process.env).map(([name, value]) => `process.env.${name}=${value}`),
  ];
}
