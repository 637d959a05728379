import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { countRows, redact, SDK_VERSION } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import { failureOf, usageError } from '../failure.js';
import { codeOf } from '../read-given.js';

export interface DumpFlags {
  readonly outFile?: string;
}

/** `support dump`: what one part can't tell does not keep the others from being written. */
export async function dumpSupport(context: CommandContext, { outFile }: DumpFlags): Promise<void> {
  const name = outFile ?? `crowdsec-sdk-support-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`;
  const folder = resolve(context.io.cwd, name);
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    const code = codeOf(error);
    throw usageError(code === 'EEXIST' ? `${folder} exists already.` : `${folder} can't be made (${code}).`);
  });
  const files: string[] = [];
  for (const [part, tell] of Object.entries(PARTS)) {
    const content = await tell(context).catch((error: unknown) => ({ failed: failureOf(error).line }));
    const file = `${part}.json`;
    await writeFile(join(folder, file), redactedJson(content), { mode: 0o600, flag: 'wx' });
    files.push(file);
  }
  await context.printer.print({
    data: { folder, files },
    tables: [],
    notes: [`Written to ${folder}: ${files.join(', ')}`],
  });
}

const PARTS: Readonly<Record<string, (context: CommandContext) => Promise<unknown>>> = {
  versions: () =>
    Promise.resolve({
      sdk: SDK_VERSION,
      node: process.versions,
      system: { platform: platform(), release: release(), arch: arch(), cpus: cpus().length, memory: totalmem() },
    }),
  config: async (context) => {
    const { masked } = await import('../config/secrets.js');
    const { options, file = null, variables } = await context.config();
    return { file, variables, options: masked(options) };
  },
  store: async (context) => {
    const { store } = await context.installation();
    await store.blobVersion('decisions');
    const { description, durable, shared, networked, crashSafe, reachable, writable, problems } = store;
    return { description, durable, shared, networked, crashSafe, reachable, writable, problems };
  },
  machine: async (context) => (await (await context.installation()).network()).machine(),
  decisions: async (context) => {
    const { index, lapi, local, pulledAt, damage } = await (await context.installation()).decisions.load();
    const rows = [index, ...lapi].flatMap((held) => countRows(held, Date.now()));
    const counts = rows.map(({ source: { origin, type, allow }, count }) => ({
      origin,
      type,
      allow,
      count,
    }));
    return { rows: index.size, local: local.length, pulledAt: pulledAt ?? null, damage: damage ?? null, counts };
  },
  signals: async (context) => {
    const signals = await (await context.installation()).signals();
    const quarantine = (await signals.poisoned()).map(({ signal: { uuid, scenario }, message, at }) => ({
      uuid,
      scenario,
      message,
      at: new Date(at).toISOString(),
    }));
    return { waiting: await signals.size(), quarantine };
  },
};

/** Each text is redacted for itself: what is cut out of a JSON document would break it. */
function redactedJson(content: unknown): string {
  const replace = (_key: string, value: unknown): unknown => (typeof value === 'string' ? redact(value) : value);
  return `${JSON.stringify(content ?? null, replace, 2)}\n`;
}
