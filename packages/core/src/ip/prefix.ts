import { CrowdsecError } from '../errors.js';
import { formatIp, type IpAddress } from './address.js';
import { maskOf, prefixLength, readPrefix, wordsRead } from './parse.js';

/** A range of addresses: all that share their first `length` bits. Host bits are zero; IPv4-mapped ranges are IPv4. */
export interface IpPrefix extends IpAddress {
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly length: number;
}

/** Reads an address (a prefix of full length) or a CIDR with any host bits; `undefined` for anything else. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const family = readPrefix(text, 0, text.length);
  return family === 0 ? undefined : { family, words: wordsRead(family), length: prefixLength };
}

/** Writes a prefix the canonical way; one of full length as a plain address. */
export function formatPrefix(prefix: IpPrefix): string {
  const address = formatIp(prefix);
  return prefix.length === (prefix.family === 4 ? 32 : 128) ? address : `${address}/${prefix.length}`;
}

/** A few prefixes to test addresses against: trusted proxies, allow lists. */
export class PrefixSet {
  /** Of each prefix of IPv4 its bits, and a mask with ones where these count. */
  readonly #v4: Int32Array;
  readonly #v6: readonly IpPrefix[];

  private constructor(prefixes: readonly IpPrefix[]) {
    const v4 = prefixes.filter(({ family }) => family === 4);
    this.#v4 = Int32Array.from(v4.flatMap(({ words, length }) => [words[0]!, maskOf(length)]));
    this.#v6 = prefixes.filter(({ family }) => family === 6);
  }

  /**
   * @param texts addresses and CIDRs
   * @param path the option they came in, for the error
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` naming the first one that is neither
   */
  static from(texts: readonly string[], path = 'prefixes'): PrefixSet {
    return new PrefixSet(
      texts.map((text, i) => {
        const prefix = parsePrefix(text);
        if (prefix) return prefix;
        throw new CrowdsecError('CROWDSEC_OPTION_INVALID', `"${text}" is neither an IP address nor a CIDR`, {
          path: `${path}[${i}]`,
        });
      }),
    );
  }

  get size(): number {
    return this.#v4.length / 2 + this.#v6.length;
  }

  /** Whether any of the prefixes holds the address. */
  has(address: IpAddress): boolean {
    if (address.family === 4) return this.#touchesV4(address.words[0]!, -1);
    for (const prefix of this.#v6) if (prefixHolds(prefix, address)) return true;
    return false;
  }

  /** Whether any of the prefixes has an address in common with this one. */
  touches(other: IpPrefix): boolean {
    if (other.family === 4) return this.#touchesV4(other.words[0]!, maskOf(other.length));
    for (const prefix of this.#v6) {
      if (prefix.length <= other.length ? prefixHolds(prefix, other) : prefixHolds(other, prefix)) return true;
    }
    return false;
  }

  /** Two prefixes have an address in common if they have the same bits where both masks have ones: one holds the other. */
  #touchesV4(word: number, mask: number): boolean {
    const v4 = this.#v4;
    for (let i = 0; i < v4.length; i += 2) if (((word ^ v4[i]!) & v4[i + 1]! & mask) === 0) return true;
    return false;
  }
}

/** Whether the address lies in the prefix. */
export function prefixHolds(prefix: IpPrefix, address: IpAddress): boolean {
  if (prefix.family !== address.family) return false;
  for (let i = 0, bits = prefix.length; bits > 0; i++, bits -= 32) {
    const different = prefix.words[i]! ^ address.words[i]!;
    if (different !== 0 && (bits >= 32 || different >>> (32 - bits) !== 0)) return false;
  }
  return true;
}
