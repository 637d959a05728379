import type { Extension } from '@crowdsec-sdk/core/extension';
import { backdoorPaths, type BackdoorPathsOptions } from './backdoor-paths.js';
import { badUserAgent, type BadUserAgentOptions } from './bad-user-agent.js';
import { cardTesting, type CardTestingOptions } from './card-testing.js';
import { contactSpam, type ContactSpamOptions } from './contact-spam.js';
import { credentialStuffing } from './credential-stuffing.js';
import { http404, type Http404Options } from './http-404.js';
import { loginBruteforce, type LoginBruteforceOptions } from './login-bruteforce.js';
import { invalidOption, type CountingOptions } from './scenario-options.js';
import { sensitiveFiles, type SensitiveFilesOptions } from './sensitive-files.js';

/** The options of {@link scenarios}: those that all take, which ones are wanted, and what is special about one. */
export interface ScenariosOptions extends Common {
  /** These alone. */
  readonly only?: readonly ScenarioName[] | undefined;
  /** All but these. */
  readonly except?: readonly ScenarioName[] | undefined;
  readonly loginBruteforce?: Special<LoginBruteforceOptions> | undefined;
  readonly credentialStuffing?: Special<CountingOptions> | undefined;
  readonly http404?: Special<Http404Options> | undefined;
  readonly backdoorPaths?: Special<BackdoorPathsOptions> | undefined;
  readonly sensitiveFiles?: Special<SensitiveFilesOptions> | undefined;
  readonly badUserAgent?: Special<BadUserAgentOptions> | undefined;
  readonly contactSpam?: Special<ContactSpamOptions> | undefined;
  readonly cardTesting?: Special<CardTestingOptions> | undefined;
}

/** What makes sense for all. */
type Common = Pick<CountingOptions, 'vendor' | 'duration' | 'dryRun' | 'capPerHour' | 'shared'>;

type Special<Options> = Omit<Options, 'vendor'>;

/** The bundled scenarios, by the name that follows the vendor. */
export type ScenarioName = keyof typeof BUNDLED;

/**
 * All bundled scenarios, or those that are wanted, as extensions of an agent.
 *
 * ```ts
 * const extensions = scenarios({ vendor: 'acme', except: ['card-testing'], http404: { capacity: 200 } });
 * const crowdsec = createCrowdsec({ env: 'prod', extensions });
 * ```
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function scenarios(options: ScenariosOptions): readonly Extension[] {
  const { only, except = [] } = options;
  for (const [option, names] of Object.entries({ only, except })) checkNames(option, names ?? []);
  return namesOf(BUNDLED)
    .filter((name) => (only?.includes(name) ?? true) && !except.includes(name))
    .map((name) => BUNDLED[name](options));
}

const BUNDLED = {
  'login-bruteforce': (given: ScenariosOptions) => loginBruteforce(merged(given, given.loginBruteforce)),
  'credential-stuffing': (given: ScenariosOptions) => credentialStuffing(merged(given, given.credentialStuffing)),
  'http-404': (given: ScenariosOptions) => http404(merged(given, given.http404)),
  'backdoor-paths': (given: ScenariosOptions) => backdoorPaths(merged(given, given.backdoorPaths)),
  'sensitive-files': (given: ScenariosOptions) =>
    sensitiveFiles(merged({ ...given, shared: false }, given.sensitiveFiles)),
  'bad-user-agent': (given: ScenariosOptions) => badUserAgent(merged(given, given.badUserAgent)),
  'contact-spam': (given: ScenariosOptions) => contactSpam(merged(given, given.contactSpam)),
  'card-testing': (given: ScenariosOptions) => cardTesting(merged(given, given.cardTesting)),
};

/** What one scenario is told by name comes before what all are told. */
function merged<Own extends object>(all: Common, own: Own | undefined): Common & Own {
  const { vendor, duration, dryRun, capPerHour, shared } = all;
  const given = Object.fromEntries(Object.entries(own ?? {}).filter(([, value]) => value !== undefined));
  return { vendor, duration, dryRun, capPerHour, shared, ...(given as Own) };
}

function checkNames(option: string, names: readonly string[]): void {
  const unknown = names.findIndex((name) => !Object.hasOwn(BUNDLED, name));
  if (unknown < 0) return;
  throw invalidOption(`${option}[${unknown}]`, `"${names[unknown]!}" is none of ${Object.keys(BUNDLED).join(', ')}`);
}

function namesOf<Key extends string>(table: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(table) as Key[];
}
