import type { DecisionInput } from '@crowdsec-sdk/sandbox';

/**
 * What the sandbox has decided when no blocklist is given: a few hundred addresses and two ranges, all from prefixes that are
 * reserved for documentation. 192.0.2.0/24 stays clean, for visitors and attackers that nobody knows yet.
 */
export function madeUpDecisions(): readonly DecisionInput[] {
  return [
    ...hosts(150, (n) => `203.0.113.${n}`, 'crowdsecurity/ssh-bf', '96h'),
    ...hosts(120, (n) => `198.51.100.${n}`, 'crowdsecurity/http-probing', '167h59m59s'),
    ...hosts(40, (n) => `2001:db8:0:${n.toString(16)}::1`, 'crowdsecurity/http-bad-user-agent', '24h'),
    { value: '198.51.100.192/26', scenario: 'crowdsecurity/http-crawl-non_statics', duration: '48h' },
    { value: '2001:db8:bad::/48', scenario: 'crowdsecurity/http-backdoors-attempts', duration: '72h' },
  ];
}

function hosts(
  count: number,
  nth: (n: number) => string,
  scenario: string,
  duration: string,
): readonly DecisionInput[] {
  return Array.from({ length: count }, (_, index) => ({ value: nth(index + 1), scenario, duration }));
}
