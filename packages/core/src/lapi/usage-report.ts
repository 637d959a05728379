import { systemRelease } from '../operating-system.js';

/** Numbers by what kind of address something is about. */
export interface IpTypeCounts {
  readonly ipv4: number;
  readonly ipv6: number;
  readonly unknown: number;
}

/** What became of the requests of a process since it started. */
export interface UsageCounts {
  readonly processed: IpTypeCounts;
  /** Those that were refused, by the origin of what refused them. */
  readonly dropped: ReadonlyMap<string, IpTypeCounts>;
}

/** Decisions that are held, by origin. */
export type HeldDecisions = ReadonlyMap<string, IpTypeCounts>;

/** What LAPI shows of us in `cscli bouncers list` and in the console. */
export interface UsageComponent {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  /** In ms since the epoch. */
  readonly startedAt: number;
}

/** A number in a push of usage metrics. */
export interface UsageItem {
  readonly name: 'processed' | 'dropped' | 'active_decisions';
  readonly value: number;
  readonly unit: 'request' | 'ip';
  readonly labels: Readonly<Record<string, string>>;
}

/** The engine refuses longer texts. */
const LABEL_LENGTH = 255;

/**
 * What was counted since an earlier count: one item for each name, origin and type of address, whatever the remediation was. The engine takes
 * items that are equal in these and in their value for one that was told twice.
 */
export function usageSince(before: UsageCounts, now: UsageCounts): readonly UsageItem[] {
  const dropped = [...now.dropped].flatMap(([origin, counts]) =>
    itemsOf('dropped', 'request', less(counts, before.dropped.get(origin)), origin),
  );
  return [...dropped, ...itemsOf('processed', 'request', less(now.processed, before.processed))].filter(
    ({ value }) => value > 0,
  );
}

/**
 * How many decisions are held now.
 *
 * @param reportedNames what was reported before, as {@link heldNames} says: what is not held any more is reported once more, as none
 */
export function heldItems(held: HeldDecisions, reportedNames: readonly string[]): readonly UsageItem[] {
  const origins = [...new Set([...held.keys(), ...reportedNames.map(originOf)])];
  return origins
    .flatMap((origin) => itemsOf('active_decisions', 'ip', held.get(origin) ?? NONE, origin))
    .filter((item) => item.value > 0 || reportedNames.includes(nameOf(item)));
}

/** What is held, by a name for each origin and type of address. */
export function heldNames(held: HeldDecisions): readonly string[] {
  return heldItems(held, []).map(nameOf);
}

function nameOf({ labels }: UsageItem): string {
  return `${labels.ip_type ?? ''}/${labels.origin ?? ''}`;
}

function originOf(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/** A copy, which does not go on counting. */
export function copyOf({ processed, dropped }: UsageCounts): UsageCounts {
  return {
    processed: { ...processed },
    dropped: new Map([...dropped].map(([origin, counts]) => [origin, { ...counts }] as const)),
  };
}

export const NO_USAGE: UsageCounts = { processed: { ipv4: 0, ipv6: 0, unknown: 0 }, dropped: new Map() };

/**
 * The body of `POST /v1/usage-metrics`.
 *
 * @param options.second in s since the epoch
 * @param options.windowSeconds how long the items were counted
 */
export function usageBody(
  { type: kind, name, version, startedAt }: UsageComponent,
  options: { readonly second: number; readonly windowSeconds: number; readonly items: readonly UsageItem[] },
): unknown {
  const { second, windowSeconds, items } = options;
  return {
    remediation_components: [
      {
        type: kind,
        name: name.slice(0, LABEL_LENGTH),
        version,
        feature_flags: [],
        utc_startup_timestamp: Math.floor(startedAt / 1000),
        os: systemRelease(),
        metrics: [{ meta: { window_size_seconds: windowSeconds, utc_now_timestamp: second }, items }],
      },
    ],
  };
}

const NONE: IpTypeCounts = { ipv4: 0, ipv6: 0, unknown: 0 };

function less(counts: IpTypeCounts, before: IpTypeCounts = NONE): IpTypeCounts {
  return {
    ipv4: counts.ipv4 - before.ipv4,
    ipv6: counts.ipv6 - before.ipv6,
    unknown: counts.unknown - before.unknown,
  };
}

function itemsOf(
  name: UsageItem['name'],
  unit: UsageItem['unit'],
  { ipv4, ipv6, unknown }: IpTypeCounts,
  origin?: string,
): readonly UsageItem[] {
  const of: Record<string, string> = origin === undefined ? {} : { origin: origin.slice(0, LABEL_LENGTH) };
  return [
    { name, unit, value: ipv4, labels: { ...of, ip_type: 'ipv4' } },
    { name, unit, value: ipv6, labels: { ...of, ip_type: 'ipv6' } },
    { name, unit, value: unknown, labels: of },
  ];
}
