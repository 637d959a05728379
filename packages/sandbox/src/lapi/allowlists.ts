import { BlockList, isIP } from 'node:net';

/** The addresses and ranges that an engine's operator never wants to see banned. */
export class LapiAllowlist {
  #entries: readonly Target[] = [];

  /** Replaces what is on it. @throws RangeError for what is neither address nor range */
  set(values: readonly string[]): void {
    this.#entries = values.map(targetOf);
  }

  /** Whether an entry holds an address, or the whole of a range. @throws RangeError for what is neither */
  holds(value: string): boolean {
    const wanted = targetOf(value);
    return this.#entries.some((entry) => {
      if (entry.family !== wanted.family || entry.prefix > wanted.prefix) return false;
      const list = new BlockList();
      list.addSubnet(entry.address, entry.prefix, entry.family);
      return list.check(wanted.address, wanted.family);
    });
  }
}

interface Target {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

function targetOf(text: string): Target {
  const [address = '', prefix] = text.split('/');
  const version = isIP(address);
  if (version === 0) throw new RangeError(`invalid ip address '${text}': invalid ip address / range`);
  const bits = version === 4 ? 32 : 128;
  return { address, prefix: prefix === undefined ? bits : Number(prefix), family: version === 4 ? 'ipv4' : 'ipv6' };
}
