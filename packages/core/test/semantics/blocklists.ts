import { bans, blocklist, clear, get, pull, sleep, type Case } from './steps.js';

/** Blocklists: several, each on its own. */
export const blocklists: readonly Case[] = [
  {
    id: 'B01',
    about: 'one blocklist',
    steps: [
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: '1.1.1.1\n1.1.1.2\n' }, 'l1:200'),
      get('1.1.1.1', 'ban (lists:l1)'),
      get('1.1.1.2', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B03',
    about: 'three blocklists',
    steps: [
      pull(
        { links: { blocklists: [blocklist('l1'), blocklist('l2'), blocklist('l3')] } },
        { l1: '1.1.1.1\n', l2: '2.2.2.2\n', l3: '3.3.3.3\n' },
        'l1:200,l2:200,l3:200',
      ),
      get('1.1.1.1', 'ban (lists:l1)'),
      get('2.2.2.2', 'ban (lists:l2)'),
      get('3.3.3.3', 'ban (lists:l3)'),
    ],
  },
  {
    id: 'B05',
    about: 'two lists, second is 500',
    steps: [
      pull(
        { links: { blocklists: [blocklist('l1'), blocklist('l2')] } },
        { l1: '1.1.1.1\n', l2: { status: 500, body: 'x' } },
        'l1:200,l2:500',
      ),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B07',
    about: 'two lists, second gives 304 at once',
    steps: [
      pull(
        { links: { blocklists: [blocklist('l1'), blocklist('l2')] } },
        { l1: '1.1.1.1\n', l2: { status: 304, body: '' } },
        'l1:200,l2:304',
      ),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B08',
    about: 'list 403/404/429',
    steps: [
      pull(
        { links: { blocklists: [blocklist('l1'), blocklist('l2'), blocklist('l3')] } },
        { l1: { status: 403, body: 'x' }, l2: { status: 404, body: 'x' }, l3: { status: 429, body: 'x' } },
        'l1:403,l2:404,l3:429',
      ),
    ],
  },
  {
    id: 'B09',
    about: 'list connection reset',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4')], links: { blocklists: [blocklist('l1')] } },
        { l1: { reset: true } },
        'l1:RST',
      ),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'B10',
    about: 'captcha blocklist, default config',
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { remediation: 'captcha' })] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      get('1.1.1.1', 'captcha (lists:l1)'),
    ],
  },
  {
    id: 'B11',
    about: 'captcha blocklist, ordered [ban,captcha]',
    config: { remediations: ['ban', 'captcha'] },
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { remediation: 'captcha' })] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      get('1.1.1.1', 'captcha (lists:l1)'),
    ],
  },
  {
    id: 'B12',
    about: 'unknown remediation mfa, default fallback',
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { remediation: 'mfa' })] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      get('1.1.1.1', 'bypass (clean)'),
    ],
  },
  {
    id: 'B14',
    about: 'unknown remediation + CAPI ban',
    steps: [
      pull(
        { new: [bans('ip', '1.1.1.1')], links: { blocklists: [blocklist('l1', { remediation: 'mfa' })] } },
        { l1: '1.1.1.1\n' },
        'l1:200',
      ),
      get('1.1.1.1', 'ban (CAPI)'),
    ],
  },
  {
    id: 'B15',
    about: 'remediation upper case "BAN", name upper case',
    steps: [
      pull(
        { links: { blocklists: [blocklist('FireHol', { remediation: 'BAN' })] } },
        { FireHol: '1.1.1.1\n' },
        'FireHol:200',
      ),
      get('1.1.1.1', 'ban (lists:firehol)'),
    ],
  },
  {
    id: 'B16',
    about: 'scope "Range" blocklist',
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { scope: 'Range' })] } }, { l1: '1.1.1.0/24\n' }, 'l1:200'),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B21',
    about: 'IPv6 upper case in list',
    steps: [
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: '2001:DB8::1\n' }, 'l1:200'),
      get('2001:db8::1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B22:name',
    about: 'blocklist link without name, beside a good one',
    steps: [
      pull(
        {
          links: {
            blocklists: [{ url: '{FAKE}/list/l1', remediation: 'ban', scope: 'ip', duration: '24h' }, blocklist('l2')],
          },
        },
        { l1: '1.1.1.1\n', l2: '2.2.2.2\n' },
        'l2:200',
      ),
      get('2.2.2.2', 'ban (lists:l2)'),
    ],
  },
  {
    id: 'B23',
    about: 'blocklist link is a string',
    steps: [pull({ new: [bans('ip', '1.2.3.4')], links: { blocklists: ['oops'] } }), get('1.2.3.4', 'ban (CAPI)')],
  },
  {
    id: 'B25',
    about: 'second pull sends If-Modified-Since (24h list, 4h frequency)',
    steps: [
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: { ims304: true, body: '1.1.1.1\n' } }, 'l1:304+IMS'),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B27',
    about: 'a list that would end before the next pull is asked for whole, and its time starts anew',
    config: { refreshSeconds: 3 },
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { duration: '4s' })] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      sleep(2),
      pull({ links: { blocklists: [blocklist('l1', { duration: '4s' })] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      sleep(3),
      sleep(0.4),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B28',
    about: 'a changed list renews its old entries too',
    config: { refreshSeconds: 1 },
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { duration: '6s' })] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      sleep(4),
      pull({ links: { blocklists: [blocklist('l1', { duration: '6s' })] } }, { l1: '1.1.1.1\n1.1.1.2\n' }, 'l1:200'),
      sleep(3.2),
      pull(
        { links: { blocklists: [blocklist('l1', { duration: '6s' })] } },
        { l1: { ims304: true, body: '1.1.1.1\n1.1.1.2\n' } },
        'l1:304+IMS',
      ),
      get('1.1.1.1', 'ban (lists:l1)'),
      get('1.1.1.2', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B29',
    about: 'list names that differ only by punctuation are two lists',
    steps: [
      pull({ links: { blocklists: [blocklist('my-list')] } }, { 'my-list': '1.1.1.1\n' }, 'my-list:200'),
      pull(
        { links: { blocklists: [blocklist('my list')] } },
        { 'my%20list': { ims304: true, body: '2.2.2.2\n' } },
        'my%20list:200',
      ),
      get('2.2.2.2', 'ban (lists:my list)'),
    ],
  },
  {
    id: 'B31',
    about: 'unsubscribed list',
    steps: [
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      pull({ links: { blocklists: [] } }),
      get('1.1.1.1', 'bypass (clean)'),
    ],
  },
  {
    id: 'B32',
    about: 'same IP in two lists with different remediations',
    config: { remediations: ['ban', 'captcha'] },
    steps: [
      pull(
        { links: { blocklists: [blocklist('l1'), blocklist('l2', { remediation: 'captcha' })] } },
        { l1: '1.1.1.1\n', l2: '1.1.1.1\n' },
        'l1:200,l2:200',
      ),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B34',
    about: 'of equal decisions the one stored first wins',
    steps: [
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      pull({ new: [bans('ip', '1.1.1.1')] }),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B35',
    about: 'blocklist duration "0s"',
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { duration: '0s' })] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      sleep(2),
      get('1.1.1.1', 'bypass (clean)'),
    ],
  },
  {
    id: 'B36',
    about: 'blocklist duration "-1h" then fixed to 24h with 304',
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { duration: '-1h' })] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: { ims304: true, body: '1.1.1.1\n' } }, 'l1:200'),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B37',
    about: 'scope "country" blocklist (no geolocation)',
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { scope: 'country' })] } }, { l1: 'FR\n' }, 'l1:200'),
      get('1.1.1.1', 'bypass (clean)'),
    ],
  },
  {
    id: 'B38',
    about: 'scope "as" blocklist without an AS database',
    steps: [
      pull({ links: { blocklists: [blocklist('l1', { scope: 'as' })] } }, { l1: '64500\n' }, 'l1:200'),
      get('1.1.1.1', 'bypass (clean)'),
    ],
  },
  {
    id: 'B40',
    about: 'blocklist remediation "bypass" + CAPI ban',
    steps: [
      pull(
        { new: [bans('ip', '1.1.1.1')], links: { blocklists: [blocklist('l1', { remediation: 'bypass' })] } },
        { l1: '1.1.1.1\n' },
        'l1:200',
      ),
      get('1.1.1.1', 'ban (CAPI)'),
    ],
  },
  {
    id: 'B41',
    about: 'blocklist remediation "allow"',
    steps: [
      pull(
        { new: [bans('ip', '1.1.1.1')], links: { blocklists: [blocklist('l1', { remediation: 'allow' })] } },
        { l1: '1.1.1.1\n' },
        'l1:200',
      ),
      get('1.1.1.1', 'ban (CAPI)'),
    ],
  },
  {
    id: 'B42',
    about: 'repeated and rubbish lines',
    steps: [
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: '1.1.1.1\n1.1.1.1\ngarbage\n' }, 'l1:200'),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'B44',
    about: 'what was cleared is asked for whole',
    steps: [
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: '1.1.1.1\n' }, 'l1:200'),
      clear(),
      pull({ links: { blocklists: [blocklist('l1')] } }, { l1: { ims304: true, body: '1.1.1.1\n' } }, 'l1:200'),
      get('1.1.1.1', 'ban (lists:l1)'),
    ],
  },
];
