import { expect, it } from 'vitest';
import { groupByIp } from './group-by-ip.js';

it('counts IPv4 by the address', () => {
  expect(groupByIp('203.0.113.7')).toBe('203.0.113.7');
  expect(groupByIp('::ffff:203.0.113.7')).toBe('203.0.113.7');
});

it('counts IPv6 by the /64, in whatever spelling', () => {
  const group = groupByIp('2001:db8:0:1::1');
  expect(groupByIp('2001:DB8:0:1:ffff:ffff:ffff:ffff')).toBe(group);
  expect(groupByIp('2001:db8:0:2::1')).not.toBe(group);
  expect(groupByIp('2001:db8:1:1::1')).not.toBe(group);
  expect(group.length).toBeLessThan(18);
});

it('counts a client of IPv4 behind NAT64 by itself', () => {
  expect(groupByIp('64:ff9b::203.0.113.7')).not.toBe(groupByIp('64:ff9b::203.0.113.8'));
});

it('leaves what is no address as it is', () => {
  expect(groupByIp('not:an:address')).toBe('not:an:address');
});
