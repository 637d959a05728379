import { allowlist, bans, blocklist, get, pull, sleep, type Case } from './steps.js';

/** Scopes, spellings of addresses, ranges. */
export const scopes: readonly Case[] = [
  {
    id: 'S01:ip',
    about: 'scope "ip"',
    steps: [pull({ new: [bans('ip', '1.2.3.4')] }), get('1.2.3.4', 'ban (CAPI)')],
  },
  {
    id: 'S01:Ip',
    about: 'scope "Ip"',
    steps: [pull({ new: [bans('Ip', '1.2.3.4')] }), get('1.2.3.4', 'ban (CAPI)')],
  },
  {
    id: 'S02:range',
    about: 'scope "range"',
    steps: [pull({ new: [bans('range', '1.2.3.0/24')] }), get('1.2.3.4', 'ban (CAPI)')],
  },
  {
    id: 'S02:RANGE',
    about: 'scope "RANGE"',
    steps: [pull({ new: [bans('RANGE', '1.2.3.0/24')] }), get('1.2.3.4', 'ban (CAPI)')],
  },
  {
    id: 'S03:as',
    about: 'unknown scope "as" beside ip',
    steps: [
      pull({ new: [bans('as', 'x1'), bans('ip', '1.2.3.4')] }),
      get('1.2.3.4', 'ban (CAPI)'),
      get('x1', 'bypass (invalid)'),
    ],
  },
  {
    id: 'S03:AS',
    about: 'unknown scope "AS" beside ip',
    steps: [
      pull({ new: [bans('AS', 'x1'), bans('ip', '1.2.3.4')] }),
      get('1.2.3.4', 'ban (CAPI)'),
      get('x1', 'bypass (invalid)'),
    ],
  },
  {
    id: 'S03:session',
    about: 'unknown scope "session" beside ip',
    steps: [
      pull({ new: [bans('session', 'x1'), bans('ip', '1.2.3.4')] }),
      get('1.2.3.4', 'ban (CAPI)'),
      get('x1', 'bypass (invalid)'),
    ],
  },
  {
    id: 'S03:username',
    about: 'unknown scope "username" beside ip',
    steps: [
      pull({ new: [bans('username', 'x1'), bans('ip', '1.2.3.4')] }),
      get('1.2.3.4', 'ban (CAPI)'),
      get('x1', 'bypass (invalid)'),
    ],
  },
  {
    id: 'S03:foo',
    about: 'unknown scope "foo" beside ip',
    steps: [
      pull({ new: [bans('foo', 'x1'), bans('ip', '1.2.3.4')] }),
      get('1.2.3.4', 'ban (CAPI)'),
      get('x1', 'bypass (invalid)'),
    ],
  },
  {
    id: 'S04',
    about: 'scope with space " ip"',
    steps: [pull({ new: [bans(' ip', '1.2.3.4')] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'S06',
    about: 'scope range but value is a plain IP',
    steps: [pull({ new: [bans('range', '1.2.3.4')] }), get('1.2.3.4', 'ban (CAPI)')],
  },
  {
    id: 'V03',
    about: 'IPv6 decision upper, query lower',
    steps: [pull({ new: [bans('ip', '2001:DB8::A')] }), get('2001:db8::a', 'ban (CAPI)')],
  },
  {
    id: 'V04',
    about: 'IPv6 decision expanded, query compressed',
    steps: [pull({ new: [bans('ip', '2001:0db8:0000:0000:0000:0000:0000:0001')] }), get('2001:db8::1', 'ban (CAPI)')],
  },
  {
    id: 'V05',
    about: 'IPv4 decision, query ::ffff:1.2.3.4',
    steps: [pull({ new: [bans('ip', '1.2.3.4')] }), get('::ffff:1.2.3.4', 'ban (CAPI)')],
  },
  {
    id: 'V08',
    about: 'IPv4 range decision, query ::ffff:1.2.3.4',
    steps: [pull({ new: [bans('range', '1.2.3.0/24')] }), get('::ffff:1.2.3.4', 'ban (CAPI)')],
  },
  {
    id: 'V09',
    about: 'query with zone id',
    steps: [pull({ new: [bans('ip', 'fe80::1')] }), get('fe80::1%eth0', 'ban (CAPI)')],
  },
  {
    id: 'V10:1.2.3',
    about: 'invalid query "1.2.3"',
    steps: [pull({ new: [bans('ip', '1.2.3.4'), bans('range', '1.2.3.0/24')] }), get('1.2.3', 'bypass (invalid)')],
  },
  {
    id: 'V10:1.2.3.4 ',
    about: 'invalid query "1.2.3.4 "',
    steps: [pull({ new: [bans('ip', '1.2.3.4'), bans('range', '1.2.3.0/24')] }), get('1.2.3.4 ', 'bypass (invalid)')],
  },
  {
    id: 'V10:1.2.3.4:80',
    about: 'invalid query "1.2.3.4:80"',
    steps: [pull({ new: [bans('ip', '1.2.3.4'), bans('range', '1.2.3.0/24')] }), get('1.2.3.4:80', 'bypass (invalid)')],
  },
  {
    id: 'V10:[2001:db8::1]',
    about: 'invalid query "[2001:db8::1]"',
    steps: [
      pull({ new: [bans('ip', '1.2.3.4'), bans('range', '1.2.3.0/24')] }),
      get('[2001:db8::1]', 'bypass (invalid)'),
    ],
  },
  {
    id: 'V10:0x01.2.3.4',
    about: 'invalid query "0x01.2.3.4"',
    steps: [pull({ new: [bans('ip', '1.2.3.4'), bans('range', '1.2.3.0/24')] }), get('0x01.2.3.4', 'bypass (invalid)')],
  },
  {
    id: 'V11',
    about: 'query with leading zeros 001.002.003.004',
    steps: [
      pull({ new: [bans('ip', '1.2.3.4'), bans('range', '1.2.3.0/24')] }),
      get('001.002.003.004', 'bypass (invalid)'),
    ],
  },
  {
    id: 'V12',
    about: 'a query that only looks like an address',
    steps: [pull({ new: [bans('ip', '2001:db8::1')] }), get('2001/db8//1', 'bypass (invalid)')],
  },
  {
    id: 'R01',
    about: '/24 first, last, outside',
    steps: [
      pull({ new: [bans('range', '1.2.3.0/24')] }),
      get('1.2.3.0', 'ban (CAPI)'),
      get('1.2.3.255', 'ban (CAPI)'),
      get('1.2.4.0', 'bypass (clean)'),
      get('1.2.2.255', 'bypass (clean)'),
    ],
  },
  {
    id: 'R03',
    about: '/25: the half that is not named is free',
    steps: [
      pull({ new: [bans('range', '1.2.3.128/25')] }),
      get('1.2.3.127', 'bypass (clean)'),
      get('1.2.3.128', 'ban (CAPI)'),
    ],
  },
  {
    id: 'R06',
    about: 'overlap: ban /16 from CAPI then captcha /24 from list',
    config: { remediations: ['ban', 'captcha'] },
    steps: [
      pull(
        {
          new: [bans('range', '1.2.0.0/16')],
          links: { blocklists: [blocklist('l1', { remediation: 'captcha', scope: 'range' })] },
        },
        { l1: '1.2.3.0/24\n' },
        'l1:200',
      ),
      get('1.2.3.4', 'ban (CAPI)'),
      get('1.2.9.9', 'ban (CAPI)'),
    ],
  },
  {
    id: 'R08',
    about: 'overlap same type, delete the later one',
    steps: [
      pull({ new: [bans('range', ['1.2.0.0/16', '1.2.3.0/24'])] }),
      pull({ deleted: [{ scope: 'range', decisions: ['1.2.3.0/24'] }] }),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'R10',
    about: 'allowlisted range, then a new overlapping block range',
    steps: [
      pull({ links: { allowlists: [allowlist('a1')] } }, { a1: '{"value":"1.2.3.0/24","scope":"range"}\n' }, 'a1:200'),
      pull(
        { new: [bans('range', '1.2.0.0/16')], links: { allowlists: [allowlist('a1')] } },
        { a1: { ims304: true, status: 304 } },
        'a1:304+IMS',
      ),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'R11',
    about: 'allowlisted range and block range in one refresh',
    steps: [
      pull(
        { new: [bans('range', '1.2.0.0/16')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.0/24","scope":"range"}\n' },
        'a1:200',
      ),
      get('1.2.3.4', 'bypass (lists:a1)'),
      get('1.2.9.9', 'ban (CAPI)'),
    ],
  },
  {
    id: 'R13',
    about: 'same range in two notations, delete by the other',
    steps: [
      pull({ new: [bans('range', '1.2.3.77/24')] }),
      pull({ deleted: [{ scope: 'range', decisions: ['1.2.3.0/24'] }] }),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'R14',
    about: 'IPv6 range',
    steps: [pull({ new: [bans('range', '2001:db8::/32')] }), get('2001:db8::1', 'ban (CAPI)')],
  },
  {
    id: 'R15:1.2.3.0/33',
    about: 'malformed range 1.2.3.0/33',
    steps: [pull({ new: [bans('range', '1.2.3.0/33')] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'R15:1.2.3.0/abc',
    about: 'malformed range 1.2.3.0/abc',
    steps: [pull({ new: [bans('range', '1.2.3.0/abc')] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'R15:1.2.3.0/',
    about: 'malformed range 1.2.3.0/',
    steps: [pull({ new: [bans('range', '1.2.3.0/')] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'R15:1.2.3/24',
    about: 'malformed range 1.2.3/24',
    steps: [pull({ new: [bans('range', '1.2.3/24')] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'R15:/24',
    about: 'malformed range /24',
    steps: [pull({ new: [bans('range', '/24')] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'R17',
    about: 'pattern / dash ranges',
    steps: [pull({ new: [bans('range', ['1.2.3.*', '1.2.4.0-1.2.4.255'])] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'R20',
    about: 'renewed range (2s then 24h)',
    steps: [
      pull({ new: [bans('range', '1.2.3.0/24', '2s')] }),
      pull({ new: [bans('range', '1.2.3.0/24')] }),
      sleep(4),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'R21',
    about: 'same range from CAPI and list, delete CAPI',
    steps: [
      pull(
        { new: [bans('range', '1.2.3.0/24')], links: { blocklists: [blocklist('l1', { scope: 'range' })] } },
        { l1: '1.2.3.0/24\n' },
        'l1:200',
      ),
      pull({ deleted: [{ scope: 'range', decisions: ['1.2.3.0/24'] }] }),
      get('1.2.3.4', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'R22',
    about: 'IPv4-mapped IPv6 range ::ffff:1.2.3.0/120',
    steps: [pull({ new: [bans('range', '::ffff:1.2.3.0/120')] }), get('1.2.3.4', 'ban (CAPI)')],
  },
];
