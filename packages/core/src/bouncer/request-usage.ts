/** Numbers by what kind of address a client has. */
export interface IpTypeCounts {
  readonly ipv4: number;
  readonly ipv6: number;
  /** Of clients whose address nobody knows. */
  readonly unknown: number;
}

/**
 * Counts what was done with requests, for usage metrics: whoever does not tell anybody of them has none. A request costs an increment, one
 * that is refused a look-up more.
 */
export class RequestUsage {
  readonly #processed = { ipv4: 0, ipv6: 0, unknown: 0 };
  readonly #dropped = new Map<string, { ipv4: number; ipv6: number; unknown: number }>();

  /** All requests that were judged. */
  get processed(): IpTypeCounts {
    return this.#processed;
  }

  /** Those of them that were refused, by the origin of what refused them. */
  get dropped(): ReadonlyMap<string, IpTypeCounts> {
    return this.#dropped;
  }

  /** @param ip of the client, in canonical spelling */
  process(ip: string | undefined): void {
    this.#processed[ipTypeOf(ip)]++;
  }

  /** One that {@link process} was told of is refused. */
  drop(ip: string | undefined, origin: string): void {
    let counts = this.#dropped.get(origin);
    if (counts === undefined) this.#dropped.set(origin, (counts = { ipv4: 0, ipv6: 0, unknown: 0 }));
    counts[ipTypeOf(ip)]++;
  }
}

function ipTypeOf(ip: string | undefined): keyof IpTypeCounts {
  if (ip === undefined) return 'unknown';
  return ip.includes(':') ? 'ipv6' : 'ipv4';
}
