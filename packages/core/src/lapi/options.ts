import * as z from 'zod';
import { CrowdsecError } from '../errors.js';
import { parseEndpoint } from '../http/endpoint.js';
import { givenText } from '../validate.js';

/** How the agent reaches the local API (LAPI) of a CrowdSec engine. */
export interface LapiOptions {
  /**
   * Where it listens: `http://127.0.0.1:8080`, with a path prefix where a reverse proxy has one, or a Unix socket as
   * `unix:/run/crowdsec.sock`. The SDK adds `/v1/…` itself.
   */
  readonly url: string;
  /** The key of a bouncer, as `cscli bouncers add` shows it. This, `apiKeyFile` or a client certificate in `tls`. */
  readonly apiKey?: string | undefined;
  /** A file that holds the key; a newline at its end is left out. */
  readonly apiKeyFile?: string | undefined;
  /**
   * PEM texts. `cert` and `key` are a client certificate, in place of an API key: an engine that is shown a certificate does not look at a
   * key. `ca` is the authority of the engine's own certificate; it may stand beside a key.
   */
  readonly tls?:
    | {
        readonly cert?: string | Buffer | undefined;
        readonly key?: string | Buffer | undefined;
        readonly ca?: string | Buffer | undefined;
      }
    | undefined;
  /** How often decisions are asked for, in ms: 1,000 to 600,000, 10,000 by default. */
  readonly updateIntervalMs?: number | undefined;
  /** The scopes that are asked for; `ip` and `range` by default, and `country` and `as` where the agent has `geo`. */
  readonly scopes?: readonly string[] | undefined;
  /** Only decisions of these origins: `cscli`, `crowdsec`, `CAPI`, `lists`, and what machines name; in their exact case. */
  readonly origins?: readonly string[] | undefined;
  /** Only decisions whose scenario contains one of these texts, in any case. */
  readonly scenariosContaining?: readonly string[] | undefined;
  /** No decisions whose scenario contains one of these texts, in any case. */
  readonly scenariosNotContaining?: readonly string[] | undefined;
  /**
   * The machine that reports go to the local API as, as `cscli machines add` shows it. With it, reports go to the local API alone, which
   * passes them on to CAPI.
   */
  readonly machine?:
    | {
        /** Absent with a client certificate, which names the machine. */
        readonly machineId?: string | undefined;
        readonly password?: string | undefined;
        /** A file that holds the password; a newline at its end is left out. */
        readonly passwordFile?: string | undefined;
        /** A client certificate in place of a password: its OU is among `agents_allowed_ou` of the engine. PEM texts. */
        readonly tls?: { readonly cert: string | Uint8Array; readonly key: string | Uint8Array } | undefined;
      }
    | undefined;
  /**
   * Who decides about what is reported: `'profiles'`, those of the operator (the default), or `'push'`: the decision of each report is sent
   * along and holds as it is.
   */
  readonly decisions?: 'profiles' | 'push' | undefined;
  /** Tells the local API every 15 minutes how many requests were looked at and refused; true by default. */
  readonly usageMetrics?: boolean | undefined;
}

const texts = z.array(z.string().min(1, 'must not be empty')).min(1, 'must name at least one; leave it out for all');
const pem = z.union([z.string().min(1), z.instanceof(Buffer)], { error: 'must be the PEM text, or a Buffer of it' });

/** The option `lapi`. What a single field cannot tell, {@link checkLapiOptions} checks. */
export const lapiOptions = z.strictObject({
  url: z.string({ error: 'must be a URL such as http://127.0.0.1:8080 or unix:/run/crowdsec.sock' }),
  apiKey: givenText()
    .trim()
    .regex(/^[\x21-\x7e]{1,1000}$/, 'must be a key as `cscli bouncers add` shows it, in one line')
    .optional(),
  apiKeyFile: z.string().optional(),
  tls: z.strictObject({ cert: pem.optional(), key: pem.optional(), ca: pem.optional() }).optional(),
  updateIntervalMs: z
    .number()
    .int()
    .min(1_000, 'must be at least 1,000 ms')
    .max(600_000, 'must be at most 600,000 ms (10 minutes)')
    .default(10_000),
  scopes: texts.optional(),
  origins: texts.optional(),
  scenariosContaining: texts.optional(),
  scenariosNotContaining: texts.optional(),
  machine: z
    .strictObject({
      machineId: z.string().min(1, 'must not be empty').optional(),
      password: givenText().trim().min(1, 'must not be empty').optional(),
      passwordFile: z.string().optional(),
      tls: z.strictObject({ cert: pem, key: pem }).optional(),
    })
    .optional(),
  decisions: z.enum(['profiles', 'push'], { error: "must be 'profiles' or 'push'" }).default('profiles'),
  usageMetrics: z.boolean().default(true),
});

export type ParsedLapiOptions = z.output<typeof lapiOptions>;

/**
 * Checks that there is exactly one way to authenticate, and a URL that can be called.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
 */
export function checkLapiOptions(options: ParsedLapiOptions): void {
  parseEndpoint(options.url, 'options.lapi.url', 'v1');
  const { apiKey, apiKeyFile, tls } = options;
  const hasKey = apiKey !== undefined || apiKeyFile !== undefined;
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    throw invalid('options.lapi.tls', 'a client certificate needs both `cert` and `key`');
  }
  if (hasKey && tls?.cert !== undefined) {
    throw invalid(
      'options.lapi.tls.cert',
      'give an API key or a client certificate, not both: an engine that is shown a certificate does not look at the key, so that a wrong certificate beside a good key is refused',
    );
  }
  if (apiKey !== undefined && apiKeyFile !== undefined) {
    throw invalid('options.lapi.apiKeyFile', 'is given beside `apiKey`: give one of them');
  }
  checkMachine(options);
  if (!hasKey && tls?.cert === undefined) {
    throw invalid(
      'options.lapi.apiKey',
      'is missing: make one by `cscli bouncers add my-app`, or give `apiKeyFile`, or a client certificate in `tls`',
    );
  }
}

/** A machine has an id and a password, or a client certificate. */
function checkMachine({ machine }: ParsedLapiOptions): void {
  if (machine === undefined) return;
  const given = [machine.password, machine.passwordFile, machine.tls].filter((way) => way !== undefined);
  if (given.length !== 1) {
    throw invalid(
      'options.lapi.machine.password',
      'give one of `password`, `passwordFile` and `tls`: an engine that is shown a certificate does not look at a password',
    );
  }
  if ((machine.tls === undefined) === (machine.machineId === undefined)) {
    throw invalid(
      'options.lapi.machine.machineId',
      machine.tls === undefined ? 'is missing' : 'must be left out beside `tls`: the certificate names the machine',
    );
  }
}

function invalid(path: string, message: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: ${message}`, { path });
}
