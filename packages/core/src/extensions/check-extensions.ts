import * as z from 'zod';
import type { Remedy } from '../bouncer/remedy.js';
import { CrowdsecError } from '../errors.js';
import { SCENARIO_NAME } from '../scenario-name.js';
import type { DecisionSource } from '../sources/decision-source.js';
import { functionSchema, objectWith, validate } from '../validate.js';
import { appEventKind } from './check-app-event.js';
import type { EventKind } from './detection-event.js';
import type { Detector } from './detector.js';
import { EXTENSION_API_VERSION, type Extension } from './extension.js';

const eventKind = z.union([z.enum(['request', 'response']), appEventKind], {
  error: "must be 'request', 'response' or app: and a name of [a-z0-9-], such as app:login-failed",
}) as z.ZodType<EventKind>;

const detector = z
  .object({
    name: z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be a name of [a-z0-9-], at most 64 characters'),
    on: z.array(eventKind).min(1, 'must name an event at least'),
    statuses: z.array(z.number().int().min(100).max(999)).optional(),
    filter: functionSchema<NonNullable<Detector['filter']>>('a function from a request to true or false').optional(),
    detect: functionSchema<Detector['detect']>('a function from an event to an outcome'),
    blocking: z.boolean().optional(),
    dryRun: z.boolean().optional(),
    capPerHour: z.number().int().min(1).max(100_000).optional(),
  })
  .refine(({ blocking, on }) => !blocking || on.every((kind) => kind === 'request'), {
    path: ['on'],
    error: "must be ['request'] where it is blocking: nothing else can be refused",
  })
  .refine(({ filter, on }) => filter === undefined || on.includes('request'), {
    path: ['filter'],
    error: "must be left out where `on` does not name 'request': nothing else is filtered",
  });

const extension = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/, 'must be a name such as acme.trap: [a-z0-9] and, inside, . - _'),
  apiVersion: z.literal(EXTENSION_API_VERSION, {
    error: `must be ${EXTENSION_API_VERSION}, the version of the contract that this host speaks`,
  }),
  scenarios: z
    .array(z.string().regex(SCENARIO_NAME, 'must look like acme/login-bruteforce: lower-case letters, digits, - and _'))
    .optional(),
  behavior: z.string().max(100).optional(),
  detectors: z.array(detector).optional(),
  sources: z.array(objectWith<DecisionSource>(['pull'], 'a source of decisions')).optional(),
  remedies: z
    .record(z.string(), functionSchema<Remedy>('a function from a request to an answer'))
    .refine((remedies) => Object.keys(remedies).every((type) => type !== '' && type === type.toLowerCase()), {
      error: 'must have names in lower case, as types of remediations are',
    })
    .optional(),
  activate: functionSchema('a function').optional(),
  dispose: functionSchema('a function').optional(),
});

/**
 * The extensions, if each keeps to the contract and no two share a name, a source's or a remedy's included. What they say of themselves
 * is read once: nothing that changes later is believed. Their methods keep their `this`.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
 */
export function checkExtensions(extensions: readonly Extension[]): readonly Extension[] {
  validate(z.array(extension), extensions, 'options.extensions');
  refuseDuplicates(extensions, 'name', ({ name }) => [name]);
  refuseDuplicates(extensions, 'detectors', ({ name, detectors = [] }) =>
    detectors.map((each) => `${name}'s ${each.name}`),
  );
  refuseDuplicates(extensions, 'sources', ({ sources = [] }) => sources.map(({ name }) => name));
  refuseDuplicates(extensions, 'remedies', ({ remedies = {} }) => Object.keys(remedies));
  return extensions.map(asRead);
}

function asRead(extension: Extension): Extension {
  const { name, apiVersion, scenarios = [], behavior, detectors = [], sources = [], remedies = {} } = extension;
  return {
    name,
    apiVersion,
    scenarios: [...scenarios],
    ...(behavior !== undefined && { behavior }),
    detectors: detectors.map(asReadDetector),
    sources: [...sources],
    remedies: { ...remedies },
    activate: (context) => extension.activate?.(context),
    dispose: () => extension.dispose?.(),
  };
}

function asReadDetector(detector: Detector): Detector {
  const { name, on, statuses, filter, blocking = false, dryRun = false, capPerHour } = detector;
  return {
    name,
    on: [...on],
    ...(statuses !== undefined && { statuses: [...statuses] }),
    ...(filter !== undefined && { filter }),
    blocking,
    dryRun,
    ...(capPerHour !== undefined && { capPerHour }),
    detect: (event) => detector.detect(event),
  };
}

/**
 * Refuses remedies that could never serve: of types that are not acted on.
 *
 * @param remediations the types that are, in lower case
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the extension's remedy
 */
export function checkRemedies(extensions: readonly Extension[], remediations: readonly string[]): void {
  for (const [i, { name, remedies = {} }] of extensions.entries()) {
    for (const type of Object.keys(remedies)) {
      if (remediations.includes(type)) continue;
      const path = `options.extensions[${i}].remedies.${type}`;
      const text = `${path}: ${name} has a remedy for "${type}", which the option remediations does not list: add it there, where it belongs in strength`;
      throw new CrowdsecError('CROWDSEC_OPTION_INVALID', text, { path });
    }
  }
}

function refuseDuplicates(
  extensions: readonly Extension[],
  what: string,
  namesOf: (extension: Extension) => readonly string[],
): void {
  const seen = new Set<string>();
  for (const [i, each] of extensions.entries()) {
    for (const name of namesOf(each)) {
      const path = `options.extensions[${i}].${what}`;
      if (seen.has(name))
        throw new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: "${name}" is there twice`, { path });
      seen.add(name);
    }
  }
}
