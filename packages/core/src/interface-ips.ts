import { networkInterfaces } from 'node:os';

/** The addresses of this host, as far as it knows them itself; behind a NAT or a proxy the public one is not among them. */
export function interfaceIps(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address.split('%')[0]!));
}
