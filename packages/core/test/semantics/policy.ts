import { allowlist, bans, blocklist, construct, get, pull, type Case } from './steps.js';

/** Priorities, fallback, bouncing level, countries. */
export const policy: readonly Case[] = [
  {
    id: 'C01',
    about: 'flex_bouncing with the default ordered_remediations, CAPI ban',
    config: { bouncingLevel: 'flex' },
    steps: [pull({ new: [bans('ip', '1.2.3.4')] }), get('1.2.3.4', 'captcha (CAPI)')],
  },
  {
    id: 'C02',
    about: 'flex_bouncing, [ban,captcha]',
    config: { remediations: ['ban', 'captcha'], bouncingLevel: 'flex' },
    steps: [pull({ new: [bans('ip', '1.2.3.4')] }), get('1.2.3.4', 'captcha (CAPI)')],
  },
  {
    id: 'C03',
    about: 'flex_bouncing, [ban,captcha], captcha decision',
    config: { remediations: ['ban', 'captcha'], bouncingLevel: 'flex' },
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { remediation: 'captcha' })] } }, { l1: '1.2.3.4\n' }, 'l1:200'),
      get('1.2.3.4', 'captcha (lists:l1)'),
    ],
  },
  {
    id: 'C04',
    about: 'flex_bouncing, [captcha,ban] (captcha first), ban decision',
    config: { remediations: ['captcha', 'ban'], bouncingLevel: 'flex' },
    steps: [pull({ new: [bans('ip', '1.2.3.4')] }), get('1.2.3.4', 'captcha (CAPI)')],
  },
  {
    id: 'C05',
    about: 'normal, [captcha,ban], captcha decision',
    config: { remediations: ['captcha', 'ban'] },
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { remediation: 'captcha' })] } }, { l1: '1.2.3.4\n' }, 'l1:200'),
      get('1.2.3.4', 'captcha (lists:l1)'),
    ],
  },
  {
    id: 'C06',
    about: 'normal, [captcha,ban], both decisions',
    config: { remediations: ['captcha', 'ban'] },
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { blocklists: [blocklist('l1', { remediation: 'captcha' })] } },
        { l1: '1.2.3.4\n' },
        'l1:200',
      ),
      get('1.2.3.4', 'captcha (lists:l1)'),
    ],
  },
  {
    id: 'C07',
    about: 'bouncing_disabled',
    config: { bouncingLevel: 'disabled' },
    steps: [pull({ new: [bans('ip', '1.2.3.4')] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'C08',
    about: 'normal, [mfa,ban,captcha], mfa list',
    config: { remediations: ['mfa', 'ban', 'captcha'] },
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { remediation: 'mfa' })] } }, { l1: '1.2.3.4\n' }, 'l1:200'),
      get('1.2.3.4', 'mfa (lists:l1)'),
    ],
  },
  {
    id: 'C11',
    about: 'a type that is not ranked comes to the fallback',
    config: { remediations: ['captcha'] },
    steps: [pull({ new: [bans('ip', '1.2.3.4')] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'C16',
    about: 'bypass is not ranked',
    config: { remediations: ['bypass', 'ban'] },
    steps: [construct('ban,bypass')],
  },
  {
    id: 'C17',
    about: 'repeated remediations count once',
    config: { remediations: ['ban', 'captcha', 'ban'] },
    steps: [construct('ban,captcha,bypass')],
  },
  {
    id: 'C18',
    about: 'unknown bouncing_level',
    config: { bouncingLevel: 'x' },
    steps: [construct('error')],
  },
  {
    id: 'C22',
    about: 'ban + captcha, [ban,captcha]',
    config: { remediations: ['ban', 'captcha'] },
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { blocklists: [blocklist('l1', { remediation: 'captcha' })] } },
        { l1: '1.2.3.4\n' },
        'l1:200',
      ),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'C23',
    about: 'fallback ban, unknown + captcha',
    config: { remediations: ['ban', 'captcha'], fallbackRemediation: 'ban' },
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { remediation: 'mfa' })] } }, { l1: '1.2.3.4\n' }, 'l1:200'),
      pull({ links: { blocklists: [blocklist('l2', { remediation: 'captcha' })] } }, { l2: '1.2.3.4\n' }, 'l2:200'),
      get('1.2.3.4', 'captcha (lists:l2)'),
    ],
  },
  {
    id: 'C24',
    about: 'fallback bypass, unknown + captcha',
    config: { remediations: ['ban', 'captcha'] },
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { remediation: 'mfa' })] } }, { l1: '1.2.3.4\n' }, 'l1:200'),
      pull({ links: { blocklists: [blocklist('l2', { remediation: 'captcha' })] } }, { l2: '1.2.3.4\n' }, 'l2:200'),
      get('1.2.3.4', 'captcha (lists:l2)'),
    ],
  },
  {
    id: 'G01',
    about: 'country GB decision, GB ip',
    config: { geo: 'works' },
    steps: [
      pull({ new: [bans('country', 'GB')] }),
      get('81.2.69.142', 'ban (CAPI)'),
      get('216.160.83.56', 'bypass (clean)'),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'G02',
    about: 'scope "Country"',
    config: { geo: 'works' },
    steps: [pull({ new: [bans('Country', 'GB')] }), get('81.2.69.142', 'ban (CAPI)')],
  },
  {
    id: 'G03',
    about: 'country value lower case "gb"',
    config: { geo: 'works' },
    steps: [pull({ new: [bans('country', 'gb')] }), get('81.2.69.142', 'ban (CAPI)')],
  },
  {
    id: 'G05',
    about: 'geolocation disabled',
    steps: [pull({ new: [bans('country', 'GB')] }), get('81.2.69.142', 'bypass (clean)')],
  },
  {
    id: 'G06',
    about: 'an unusable database',
    config: { geo: 'fails' },
    steps: [
      pull({ new: [bans('country', 'GB'), bans('ip', '81.2.69.142')] }),
      get('81.2.69.142', 'ban (CAPI)'),
      get('2.125.160.216', 'bypass (clean)'),
    ],
  },
  {
    id: 'G07',
    about: 'country allow vs ip ban',
    config: { geo: 'works' },
    steps: [
      pull(
        { new: [bans('ip', '81.2.69.142')], links: { allowlists: [allowlist('a1')] } },
        { a1: '{"value":"GB","scope":"country"}\n' },
        'a1:200',
      ),
      get('81.2.69.142', 'bypass (lists:a1)'),
    ],
  },
];
