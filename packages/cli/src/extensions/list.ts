import { checkOptions } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';

/** `extensions list` */
export async function listExtensions(context: CommandContext): Promise<void> {
  const { options } = await context.config();
  await checkOptions(options);
  const data = (options.extensions ?? []).map(
    ({ name, apiVersion, behavior, scenarios = [], detectors = [], sources = [], remedies = {} }) => ({
      name,
      apiVersion,
      ...(behavior === undefined ? {} : { behavior }),
      scenarios,
      detectors: detectors.map((detector) => detector.name),
      sources: sources.map((source) => source.name),
      remedies: Object.keys(remedies),
    }),
  );
  await context.printer.print({
    data,
    tables: [
      {
        columns: ['Name', 'Scenarios', 'Detectors', 'Sources', 'Remedies'],
        rows: data.map(({ name, scenarios, detectors, sources, remedies }) => [
          name,
          scenarios.join(' '),
          detectors.join(' '),
          sources.join(' '),
          remedies.join(' '),
        ]),
      },
    ],
    notes: data.length === 0 ? ['The configuration names no extension'] : [],
  });
}
