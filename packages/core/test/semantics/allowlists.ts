import { allowlist, bans, get, left, pull, sleep, type Case } from './steps.js';

/** Allowlists beat everything, and end by themselves. */
export const allowlists: readonly Case[] = [
  {
    id: 'A05',
    about: 'scope "Ip" / "Range" in allowlist',
    steps: [
      pull(
        { new: [bans('ip', ['1.2.3.4', '5.5.5.5'])], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"Ip"}\n{"value":"5.5.5.0/24","scope":"Range"}\n' },
        'a1:200',
      ),
      get('1.2.3.4', 'bypass (lists:a1)'),
      get('5.5.5.5', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A06',
    about: 'two allowlists',
    steps: [
      pull(
        { new: [bans('ip', ['1.1.1.1', '2.2.2.2'])], links: { allowlists: [allowlist('a1'), allowlist('a2')] } },
        { a1: '{"value":"1.1.1.1","scope":"ip"}\n', a2: '{"value":"2.2.2.2","scope":"ip"}\n' },
        'a1:200,a2:200',
      ),
      get('1.1.1.1', 'bypass (lists:a1)'),
      get('2.2.2.2', 'bypass (lists:a2)'),
    ],
  },
  {
    id: 'A07',
    about: 'two allowlists, next refresh 304',
    steps: [
      pull(
        { new: [bans('ip', '1.1.1.1')], links: { allowlists: [allowlist('a1'), allowlist('a2')] } },
        { a1: '{"value":"1.1.1.1","scope":"ip"}\n', a2: '{"value":"2.2.2.2","scope":"ip"}\n' },
        'a1:200,a2:200',
      ),
      pull(
        { links: { allowlists: [allowlist('a1'), allowlist('a2')] } },
        {
          a1: { ims304: true, body: '{"value":"1.1.1.1","scope":"ip"}\n' },
          a2: { ims304: true, body: '{"value":"2.2.2.2","scope":"ip"}\n' },
        },
        'a1:304+IMS,a2:304+IMS',
      ),
      get('1.1.1.1', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A10',
    about: 'expiration in the future, 6 digit fraction',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip","expiration":"2026-11-22T13:15:27.123456Z"}\n' },
        'a1:200',
      ),
      sleep(2),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A11',
    about: 'expiration in the future, 3 digit fraction',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip","expiration":"2026-11-22T13:15:27.123Z"}\n' },
        'a1:200',
      ),
      sleep(2),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A15',
    about: 'expiration in the past',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip","expiration":"2026-11-22T11:15:27Z"}\n' },
        'a1:200',
      ),
      get('1.2.3.4', 'ban (CAPI)'),
      sleep(2),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'A17',
    about: 'expiration null',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip","expiration":null}\n' },
        'a1:200',
      ),
      sleep(2),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A19',
    about: 'expiration garbage',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip","expiration":"soon"}\n' },
        'a1:200',
      ),
      sleep(2),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'A21',
    about: 'entry removed from the allowlist (200 with new content)',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip"}\n{"value":"7.7.7.7","scope":"ip"}\n' },
        'a1:200',
      ),
      pull({ links: { allowlists: [allowlist('a1')] } }, { a1: '{"value":"7.7.7.7","scope":"ip"}\n' }, 'a1:200+IMS'),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'A25',
    about: 'JSON scalar line',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '"9.9.9.9"\n{"value":"1.2.3.4","scope":"ip"}\n' },
        'a1:200',
      ),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A26',
    about: 'invalid JSON line among good ones',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{bad\n{"value":"1.2.3.4","scope":"ip"}\n' },
        'a1:200',
      ),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A27',
    about: 'blank line in the middle',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"7.7.7.7","scope":"ip"}\n\n{"value":"1.2.3.4","scope":"ip"}\n' },
        'a1:200',
      ),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A28',
    about: 'missing scope in an entry',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4"}\n' },
        'a1:200',
      ),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A30',
    about: 'IPv6 range allow',
    steps: [
      pull(
        { new: [bans('ip', '2001:db8::1')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"2001:db8::/32","scope":"range"}\n' },
        'a1:200',
      ),
      get('2001:db8::1', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A31:url',
    about: 'allowlist link without url',
    steps: [
      pull(
        {
          new: [bans('ip', '1.2.3.4')],
          links: { allowlists: [{ id: 'ida1', name: 'a1', description: 'd' }, allowlist('a2')] },
        },
        { a1: '{"value":"9.9.9.9","scope":"ip"}\n', a2: '{"value":"1.2.3.4","scope":"ip"}\n' },
        'a2:200',
      ),
      get('1.2.3.4', 'bypass (lists:a2)'),
    ],
  },
  {
    id: 'A33',
    about: 'allow before ban (earlier refresh)',
    steps: [
      pull({ links: { allowlists: [allowlist('a1')] } }, { a1: '{"value":"1.2.3.4","scope":"ip"}\n' }, 'a1:200'),
      pull({ new: [bans('ip', '1.2.3.4')] }),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A34',
    about: 'allow with bouncing_disabled',
    config: { bouncingLevel: 'disabled' },
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip"}\n' },
        'a1:200',
      ),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A35',
    about: 'allow only, no ban',
    steps: [
      pull({ links: { allowlists: [allowlist('a1')] } }, { a1: '{"value":"1.2.3.4","scope":"ip"}\n' }, 'a1:200'),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A40',
    about: 'an allow entry lapses, then comes back',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip","expiration":"{NOW+3}"}\n' },
        'a1:200',
      ),
      sleep(4.5),
      get('1.2.3.4', 'ban (CAPI)'),
      pull(
        { links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip","expiration":"2026-11-22T13:15:27Z"}\n' },
        'a1:200+IMS',
      ),
      get('1.2.3.4', 'bypass (lists:a1)'),
    ],
  },
  {
    id: 'A41',
    about: 'an allow entry without an end',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"1.2.3.4","scope":"ip"}\n' },
        'a1:200',
      ),
      left('1.2.3.4', 'ban=86400 allow=never'),
    ],
  },
];
