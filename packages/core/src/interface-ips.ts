import { parseIp } from './ip/address.js';
import { PrefixSet } from './ip/prefix.js';
import { interfaceAddresses } from './operating-system.js';

/** Nobody's addresses (RFC 5737, RFC 3849): a host that has one is a test bed, and plays strangers from the same range. */
const DOCUMENTATION = PrefixSet.from(['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32']);

/** The addresses of this host, as far as it knows them itself; behind a NAT or a proxy the public one is not among them. */
export function interfaceIps(): readonly string[] {
  const addresses = interfaceAddresses().map((address) => address.split('%')[0]!);
  return addresses.filter((address) => {
    const parsed = parseIp(address);
    return parsed !== undefined && !DOCUMENTATION.has(parsed);
  });
}
