import type * as z from 'zod';
import type { Clock } from '../clock.js';
import { DecisionIndex, type GeoFacts, type Hit, IGNORED, type SourceWeights } from '../decisions/decision-index.js';
import {
  type FamilyCounts,
  type LayeredIndex,
  type LayerWeights,
  stronger,
  sumOf,
  sumOfFamilies,
} from '../decisions/layered-index.js';
import { LOCAL_ORIGIN, type LocalDecisions } from '../decisions/local-decisions.js';
import type { DecisionMatch } from '../decisions/row-source.js';
import { messageOf } from '../errors.js';
import { canonicalIp, formatIp, type IpAddress } from '../ip/address.js';
import { readAddress, takeWords } from '../ip/parse.js';
import { type Logger, silentLogger } from '../logger.js';
import { SynchronousOptions } from '../synchronous-options.js';
import { validate } from '../validate.js';
import type { GeoLookup } from './geo-source.js';
import { IgnoreFilter, type IgnoredCounts } from './ignore-filter.js';
import type { IpRemediation } from './ip-remediation.js';
import { Policy } from './policy.js';
import { typesWithoutRemedy, withoutRemedy } from './types-without-remedy.js';
import { remediationOptions } from './remediation-options.js';

export interface RemediationEngineOptions extends z.input<typeof remediationOptions> {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Decisions of this installation, consulted beside the index. */
  readonly local?: LocalDecisions;
}

/**
 * Says what to do with an address: the decisions that hold it, weighed by policy. Synchronous, from memory; a miss
 * allocates nothing. A refresh hands it the next index with {@link swap}; every lookup sees one index, whole.
 *
 * ```ts
 * const engine = new RemediationEngine({ clock: systemClock });
 * engine.swap(index);
 * engine.getIpRemediation('203.0.113.7'); // → { remediation: 'ban', origin: 'CAPI', scenario: 'acme/x', expiresAt: … }
 * ```
 */
export class RemediationEngine {
  /** The types that are acted on, strongest first; `bypass` is not among them. */
  readonly remediations: readonly string[];
  readonly #policy: Policy;
  readonly #ignore: IgnoreFilter;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #local: LocalDecisions | undefined;
  readonly #synchronous: SynchronousOptions;
  readonly #loggedWithoutRemedy = new Set<string>();
  #isLetIn: ((remediation: string) => boolean) | undefined;
  #index = DecisionIndex.empty;
  #weights: SourceWeights;
  /** Decisions of LAPI, beside those of the index. */
  #layer: LayeredIndex | undefined;
  #layerWeights: LayerWeights;
  #loaded = false;
  #geo: GeoLookup | undefined;
  #geoFailed = false;

  /** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option */
  constructor({ clock, logger = silentLogger, local, ...options }: RemediationEngineOptions) {
    const { geo, ignore, ...policy } = validate(remediationOptions, options, 'options');
    this.#policy = new Policy(policy);
    this.#ignore = new IgnoreFilter(ignore);
    this.#weights = this.#weigh(this.#index);
    this.#layerWeights = { base: this.#weights, overlay: this.#weights };
    this.remediations = this.#policy.remediations;
    this.#geo = geo;
    this.#clock = clock;
    this.#logger = logger;
    this.#synchronous = new SynchronousOptions(logger);
    this.#local = local;
  }

  /** How strong a type of remediation is: the strongest has the smallest number. */
  rankOf(type: string): number {
    return this.#policy.rankOfType(type);
  }

  /** What the policy makes of a decision: `bypass`, or one of `remediations`. */
  remediationFor({ allow, type }: Pick<DecisionMatch, 'allow' | 'type'>): string {
    if (allow || this.#policy.rankOfType(type) === IGNORED) return BYPASS;
    return this.#policy.remediationOf(type);
  }

  /** What is held. */
  get index(): DecisionIndex {
    return this.#index;
  }

  /**
   * Puts the next index to use.
   *
   * @param options.partial the network's decisions are not in it yet: what it does not hold stays `unavailable`
   */
  swap(index: DecisionIndex, { partial = false }: { readonly partial?: boolean } = {}): void {
    this.#weights = this.#weigh(index);
    this.#index = index;
    this.#loaded = !partial;
    this.#warnWithoutRemedy();
  }

  /** Puts to use the decisions of LAPI, all of them; from the first time on, addresses that nothing holds are clean. */
  swapLayer(layer: LayeredIndex): void {
    const isSameBase = this.#layer?.base === layer.base;
    this.#layerWeights = {
      base: isSameBase ? this.#layerWeights.base : this.#weigh(layer.base),
      overlay: this.#weigh(layer.overlay),
    };
    this.#layer = layer;
    this.#warnWithoutRemedy();
  }

  /** How many rows are held, those that have ended since included. */
  get size(): number {
    return this.#index.size + (this.#layer?.size ?? 0);
  }

  /** How many rows of each origin are held, see {@link DecisionIndex.counts}. */
  counts(now: number): Readonly<Record<string, number>> {
    return sumOf(this.indexes.map((index) => index.counts(now)));
  }

  /** How many addresses and ranges are held, by origin, see {@link DecisionIndex.countsByFamily}. */
  countsByFamily(now: number): FamilyCounts {
    return sumOfFamilies(this.indexes.map((index) => index.countsByFamily(now)));
  }

  /** How many held decisions the option `ignore` leaves alone. */
  get ignored(): IgnoredCounts {
    return this.#ignore.count(this.indexes);
  }

  /** What is held: the index of CAPI and the other sources, then the layers of LAPI. */
  get indexes(): readonly DecisionIndex[] {
    return this.#layer === undefined ? [this.#index] : [this.#index, this.#layer.base, this.#layer.overlay];
  }

  #weigh(index: DecisionIndex): SourceWeights {
    return this.#ignore.weightsOf(index, (source) => this.#policy.rankOfSource(source));
  }

  /** Learns which remediations let their clients in, so that it can say for which decisions nothing happens. */
  useRemedies(isLetIn: (remediation: string) => boolean): void {
    this.#isLetIn = isLetIn;
    this.#warnWithoutRemedy();
  }

  /** Types of held decisions whose clients are let in because no remedy serves what they come to. */
  get typesWithoutRemedy(): readonly string[] {
    if (this.#isLetIn === undefined) return [];
    const now = this.#clock.now();
    const network = this.indexes.flatMap((index) => index.heldSources(now));
    const accepted = network.filter((source) => this.#ignore.accepts(source, undefined));
    const held = [...accepted, ...(this.#local?.entries(now) ?? [])];
    return typesWithoutRemedy(held, this.#policy, this.#isLetIn);
  }

  /** Whether decisions of a network were ever loaded: before that, an address that nothing holds is `unavailable`. */
  get isLoaded(): boolean {
    return this.#loaded || this.#layer !== undefined;
  }

  /** Options whose functions answered by a promise. */
  get refusedOptions(): readonly string[] {
    return this.#synchronous.refused;
  }

  #warnWithoutRemedy(): void {
    for (const type of this.typesWithoutRemedy) {
      if (this.#loggedWithoutRemedy.has(type)) continue;
      this.#loggedWithoutRemedy.add(type);
      this.#logger.warn(`REMEDY_MISSING: ${withoutRemedy(type)}`, { code: 'REMEDY_MISSING', type });
    }
  }

  /** Asks this where an address is from now on. */
  useGeo(geo: GeoLookup): void {
    this.#geo = geo;
  }

  /** What to do with an address, in any legal spelling. Never throws. */
  getIpRemediation(ip: string): IpRemediation {
    const family = typeof ip === 'string' ? readAddress(ip) : 0;
    if (family === 0) return INVALID;
    const local = this.#findLocal(family);
    const held = this.#find(family, ip);
    if (local !== undefined && (held === undefined || local.rank <= held.rank)) return this.#answer(local);
    if (held !== undefined) return this.#answer(held);
    return this.isLoaded ? CLEAN : UNAVAILABLE;
  }

  /**
   * Whether an allowlist holds the address; allow beats everything.
   *
   * @param address as `parseIp` returns it
   */
  isAllowed(address: IpAddress): boolean {
    takeWords(address.family, address.words);
    return this.#find(address.family, address)?.source.allow === true;
  }

  /** Everything that applies to an address now, what decides first. */
  explain(ip: string): readonly DecisionMatch[] {
    const now = this.#clock.now();
    const family = typeof ip === 'string' ? readAddress(ip) : 0;
    if (family === 0) return [];
    const local = (this.#local?.matches(family, now) ?? []).map(({ value, type, scenario, expiresAt }) => ({
      origin: LOCAL_ORIGIN,
      type,
      scenario,
      allow: false,
      scope: value.includes('/') ? ('range' as const) : ('ip' as const),
      value,
      expiresAt,
    }));
    const layer = this.#layer;
    const geo = this.#index.needsGeo || layer?.needsGeo === true ? this.#locate(ip) : undefined;
    const { accepts } = this.#ignore;
    const network = [layer, this.#index].flatMap((index) => index?.matches(ip, now, geo, accepts) ?? []);
    const found = [...local, ...network];
    return found.sort((a, b) => this.#policy.rankOfSource(a) - this.#policy.rankOfSource(b));
  }

  #findLocal(family: 4 | 6): Hit | undefined {
    const found = this.#local?.find(family, this.#policy.rankOfType, this.#clock);
    if (found === undefined) return undefined;
    const { type, scenario, expiresAt } = found;
    const rank = this.#policy.rankOfType(type);
    if (rank === IGNORED) return undefined;
    return { source: { feed: LOCAL_ORIGIN, origin: LOCAL_ORIGIN, type, scenario, allow: false }, rank, expiresAt };
  }

  /** @param address the one that was read last, so that its words lie ready; itself for where it is */
  #find(family: 4 | 6, address: string | IpAddress): Hit | undefined {
    const layer = this.#layer;
    let hit = this.#index.find(family, this.#weights, this.#clock);
    if (layer !== undefined) hit = stronger(layer.find(family, this.#layerWeights, this.#clock), hit);
    if (!this.#index.needsGeo && layer?.needsGeo !== true) return hit;
    if (hit?.source.allow === true) return hit;
    const geo = this.#locate(typeof address === 'string' ? address : formatIp(address));
    if (geo === undefined) return hit;
    const byGeo = stronger(
      layer?.findGeo(geo, this.#layerWeights, this.#clock),
      this.#index.findGeo(geo, this.#weights, this.#clock),
    );
    return stronger(hit, byGeo);
  }

  #locate(ip: string): GeoFacts | undefined {
    try {
      const geo = this.#geo?.(canonicalIp(ip) ?? ip);
      return this.#synchronous.refuses('options.geo', geo) ? undefined : geo;
    } catch (error) {
      if (!this.#geoFailed)
        this.#logger.warn(`geo() failed, so country and AS decisions do not apply: ${messageOf(error)}`, {
          code: 'GEO_UNAVAILABLE',
          error,
        });
      this.#geoFailed = true;
      return undefined;
    }
  }

  #answer({ source, expiresAt }: Hit): IpRemediation {
    const remediation = source.allow ? BYPASS : this.#policy.remediationOf(source.type);
    if (remediation === BYPASS && !source.allow) return CLEAN;
    const { origin, scenario } = source;
    // No spread: it takes longer than the lookup.
    return expiresAt === undefined ? { remediation, origin, scenario } : { remediation, origin, scenario, expiresAt };
  }
}

const BYPASS = 'bypass';
const CLEAN: IpRemediation = Object.freeze({ remediation: BYPASS, origin: 'clean' });
const INVALID: IpRemediation = Object.freeze({ remediation: BYPASS, origin: 'invalid' });
const UNAVAILABLE: IpRemediation = Object.freeze({ remediation: BYPASS, origin: 'unavailable' });
