import * as z from 'zod';
import { appsecFields, type AppsecOptions } from './appsec/options.js';
import { bouncerOptions, skipSchema } from './bouncer/options.js';
import { captchaOptions, type CaptchaOptions } from './captcha/captcha-options.js';
import type { BanOptions } from './bouncer/ban-remedy.js';
import type { Remedy } from './bouncer/remedy.js';
import type { Skip } from './bouncer/skip-rule.js';
import type { TrustedProxies } from './bouncer/trusted-proxies.js';
import type { RequestFacts } from './bouncer/verdict.js';
import { speaksToCapi } from './capi/api-root.js';
import { capiOptions } from './capi/options.js';
import type { Fetch } from './capi/transport.js';
import type { Clock } from './clock.js';
import type { Extension } from './extensions/extension.js';
import { checkLapiOptions, lapiOptions, type LapiOptions } from './lapi/options.js';
import type { Logger } from './logger.js';
import { refreshOptions } from './refresh/options.js';
import type { GeoLookup, GeoSource } from './remediation/geo-source.js';
import { agentGeo, remediationOptions } from './remediation/remediation-options.js';
import type { Scheduler } from './scheduler.js';
import { signalOptions } from './signals/options.js';
import type { KeyvLike } from './store/keyv-like.js';
import { isNamed, NAMESPACE_MISSING, storeOptions } from './store/options.js';
import { objectWith, validate } from './validate.js';
import { CrowdsecError } from './errors.js';
import type { IgnoredDecisions } from './remediation/ignored-decisions.js';

/**
 * The options of {@link createCrowdsec}. An agent needs a network, `env` or `apiUrl` for CAPI or `lapi` for an engine of your own, or a source
 * of decisions in one of its `extensions`; everything else has a default.
 */
export interface CrowdsecOptions {
  /** CrowdSec's own API: `prod`, or `dev` for tries. */
  readonly env?: 'prod' | 'dev' | undefined;
  /** Another API root, without version; a path prefix is kept. Each root has an identity of its own. */
  readonly apiUrl?: string | undefined;
  /** The local API of an engine of your own, beside CAPI or in its place. */
  readonly lapi?: LapiOptions | undefined;
  /** Decisions of any network that this application does not act on. */
  readonly ignore?: IgnoredDecisions | undefined;
  /** Tells CAPI after each login and every 30 minutes which software is at work here; true by default. */
  readonly metrics?: boolean | undefined;

  /**
   * What this application reports, `vendor/name`: told to CAPI at login, where it also decides what the community blocklist holds.
   * A report of anything else is an error.
   */
  readonly scenarios?: readonly string[] | undefined;
  /** Begins the machine id, `[a-z0-9]{0,32}`. Another prefix is another machine; changed back, the first one is found again. */
  readonly machineIdPrefix?: string | undefined;
  /** Credentials kept in a secret store of yours: used as given, registered once if they never were, never replaced. */
  readonly credentials?: { readonly machineId: string; readonly password: string } | undefined;
  /** Names your product in the user agent, `[A-Za-z0-9]{0,16}`. */
  readonly userAgentSuffix?: string | undefined;
  /** The version of your product, `vX.Y.Z`; the SDK's own by default. */
  readonly userAgentVersion?: string | undefined;
  /** How long a call to CAPI may take, in ms: 100 to 300,000, 30,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** Speaks HTTP instead of the built-in `fetch`, which honours `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY` and `NODE_EXTRA_CA_CERTS`. */
  readonly fetch?: Fetch | undefined;

  /**
   * Where state is kept that several hosts share: any Keyv, or the URL of a Redis or Valkey (`redis://`, `rediss://`), to
   * which the agent opens and closes a connection of its own through the optional peer `@keyv/redis`. Files under
   * `stateDir` by default.
   */
  readonly store?: KeyvLike | string | undefined;
  /** The folder for state; `crowdsec-sdk` under `$XDG_STATE_HOME` or `~/.local/state` by default. */
  readonly stateDir?: string | undefined;
  /** One namespace in a store is one installation. Required with `store`; `default` for files. */
  readonly namespace?: string | undefined;
  /** Registers although nothing outlives the process: for tries. Without `stateDir` all state is in memory. */
  readonly ephemeral?: boolean | undefined;
  /**
   * How long a call to the store may take, in ms: 50 to 60,000, 2,000 by default. The time in which `@keyv/redis` is loaded, for a store
   * given by URL, does not count; it is half a minute at most.
   */
  readonly storeTimeoutMs?: number | undefined;

  /** How old decisions may get before they are pulled again, in ms: 2 hours to a day, 4 hours by default. */
  readonly refreshIntervalMs?: number | undefined;
  /**
   * How many decisions of this installation are held: 100 to 1,000,000, 50,000 by default. Beyond it the one that ends first makes room;
   * log, health and the event `localDecisionEvicted` say so.
   */
  readonly maxLocalDecisions?: number | undefined;
  /**
   * Keeps entries of linked blocklists that nobody on the Internet has, such as `10.0.0.0/8`; by default they are left out and counted,
   * for they would ban proxies and health probes.
   */
  readonly keepNonPublicListEntries?: boolean | undefined;

  /** What is acted on, strongest first; `['ban', 'captcha']` by default. */
  readonly remediations?: readonly string[] | undefined;
  /** What decisions of any other type come to: `bypass` (the default) or one of `remediations`. */
  readonly fallbackRemediation?: string | undefined;
  /** `flex` never bans: a captcha is the strongest it does. `disabled` acts on nothing. `normal` by default. */
  readonly bouncingLevel?: 'normal' | 'flex' | 'disabled' | undefined;
  /**
   * Where an address is, as a synchronous function or as {@link maxmindGeo}, which is opened by the start; asked only when decisions
   * about countries or networks are held. Without it such decisions do not apply.
   */
  readonly geo?: GeoLookup | GeoSource | undefined;

  /** How many signals may wait: 250 to 100,000, 10,000 by default. */
  readonly bufferSize?: number | undefined;
  /** How much memory the signals of this process that wait may take, in bytes; 32 MiB by default. */
  readonly bufferBytes?: number | undefined;
  /** Reports about the same address, scenario and kind within this time become one signal, in ms; a minute by default, 0 for never. */
  readonly mergeWindowMs?: number | undefined;
  /** Public addresses and CIDRs of yours, beside those of this host's interfaces: never reported. */
  readonly ownIps?: readonly string[] | undefined;
  /** How long signals are gathered before they are written to the store, in ms: 0 to 5,000, 100 by default. */
  readonly journalDelayMs?: number | undefined;

  /** Who may tell us of a client in a header: `'loopback'`, `'private'`, addresses and CIDRs, a number of proxies, a function. Nobody by default. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /**
   * The header in which trusted proxies tell the client: `x-forwarded-for` by default and any other comma-separated chain, `forwarded`
   * (RFC 7239), or one with a single address: `x-real-ip`, `cf-connecting-ip`, `true-client-ip`.
   */
  readonly ipHeader?: string | undefined;
  /** Tells the client of a request in place of `trustedProxies` and `ipHeader`; `undefined` when it can't. */
  readonly clientIp?: ((facts: RequestFacts) => string | undefined) | undefined;
  /** Requests that nobody looks at: paths (`/health`), everything below one (`/assets/*`), or a predicate. */
  readonly skip?: Skip | undefined;
  /** `log` blocks nobody and logs whom it would have blocked; `enforce` by default. */
  readonly mode?: 'enforce' | 'log' | undefined;
  /** What a banned client is answered. */
  readonly ban?: BanOptions | undefined;
  /** The captcha of clients of the remediation `captcha`; `false` leaves them to `remedies` and `onUnhandled`. */
  readonly captcha?: CaptchaOptions | false | undefined;
  /** What remediations do to a request, by name: types of your own, or another `ban` or `captcha`. */
  readonly remedies?: Readonly<Record<string, Remedy>> | undefined;
  /** For requests that come before any decision was loaded; `pass` by default. */
  readonly onUnavailable?: 'pass' | 'block' | undefined;
  /** For requests whose client can't be told; `pass` by default. Those of a connection that was reset never go on. */
  readonly onInvalidIp?: 'pass' | 'block' | undefined;
  /** For remediations that no remedy serves; `pass` by default. */
  readonly onUnhandled?: 'pass' | 'block' | undefined;
  /** For requests that can't be judged because a remedy or another function of yours threw or took too long; `pass` by default. */
  readonly onError?: 'pass' | 'block' | undefined;

  /** An engine's AppSec component, which is asked about requests before their handlers run. */
  readonly appsec?: AppsecOptions | undefined;

  /** What adds to the agent: detectors, sources, remedies. Their scenarios are told at login beside `scenarios`. */
  readonly extensions?: readonly Extension[] | undefined;

  /** Where the agent logs; the console, from `info` on, by default. */
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly scheduler?: Scheduler | undefined;
}

const schema = z
  .strictObject({
    ...capiOptions,
    lapi: lapiOptions.optional(),
    metrics: z.boolean().default(true),
    ...storeOptions,
    ...refreshOptions,
    ...remediationOptions.shape,
    geo: agentGeo,
    ...signalOptions,
    ...bouncerOptions,
    captcha: captchaOptions,
    appsec: z
      .strictObject({ ...appsecFields, skip: skipSchema })
      .refine(({ apiKey, apiKeyFile }) => apiKey === undefined || apiKeyFile === undefined, {
        path: ['apiKeyFile'],
        error: 'is given beside apiKey: give one of them',
      })
      .optional(),
    extensions: z.array(z.custom<Extension>((value) => typeof value === 'object' && value !== null)).default(() => []),
    logger: objectWith<Logger>(
      ['debug', 'info', 'warn', 'error'],
      'an object with debug, info, warn and error',
    ).optional(),
    clock: objectWith<Clock>(['now', 'monotonic'], 'an object with now() and monotonic()').optional(),
    scheduler: objectWith<Scheduler>(['schedule'], 'an object with schedule(name, delayMs, run)').optional(),
  })
  .refine(isNamed, NAMESPACE_MISSING)
  .refine(({ appsec, lapi }) => appsec === undefined || hasKey(appsec) || (lapi !== undefined && hasKey(lapi)), {
    path: ['appsec', 'apiKey'],
    error:
      "is required: a bouncer key of the engine's LAPI, from `cscli bouncers add`; that of `lapi` is used where there is one",
  });

function hasKey(options: { readonly apiKey?: string | undefined; readonly apiKeyFile?: string | undefined }): boolean {
  return options.apiKey !== undefined || options.apiKeyFile !== undefined;
}

/** The options of an agent with their defaults, as {@link parseOptions} returns them. */
export type ParsedOptions = z.output<typeof schema>;

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong */
export function parseOptions(options: CrowdsecOptions): ParsedOptions {
  const parsed = validate(schema, options, 'options');
  const hasNetwork = speaksToCapi(parsed) || parsed.lapi !== undefined;
  if (!hasNetwork && parsed.extensions.every(({ sources = [] }) => sources.length === 0)) {
    throw new CrowdsecError(
      'CROWDSEC_OPTION_INVALID',
      "options: name a network: `env: 'prod'` for CrowdSec's Central API, `lapi: { url, apiKey }` for an engine of your own, or both; or give an extension with a source of decisions",
      { path: 'options.env' },
    );
  }
  if (parsed.lapi !== undefined) checkLapiOptions(parsed.lapi);
  return parsed;
}
