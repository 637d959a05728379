import { bans, blocklist, get, left, pull, sleep, type Case } from './steps.js';

/** What the stream says: new, deleted, durations. */
export const stream: readonly Case[] = [
  {
    id: 'D01',
    about: 'new ip decision 24h',
    steps: [pull({ new: [bans('ip', '1.2.3.4')] }), get('1.2.3.4', 'ban (CAPI)'), get('1.2.3.5', 'bypass (clean)')],
  },
  {
    id: 'D07',
    about: 'a negative duration removes a ban',
    steps: [
      pull({ new: [bans('ip', '1.2.3.4')] }),
      pull({ new: [bans('ip', '1.2.3.4', '-1h')] }),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'D08',
    about: 'a negative duration removes nothing of a list',
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4', '-1h')], links: { blocklists: [blocklist('l1')] } },
        { l1: '1.2.3.4\n' },
        'l1:200',
      ),
      get('1.2.3.4', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'D09',
    about: '3s decision expires',
    steps: [
      pull({ new: [bans('ip', '1.2.3.4', '3s')] }),
      get('1.2.3.4', 'ban (CAPI)'),
      sleep(4),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'D10',
    about: '"500ms" decision',
    steps: [pull({ new: [bans('ip', '1.2.3.4', '500ms')] }), sleep(3), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'D11',
    about: 'duration missing',
    steps: [
      pull({ new: [{ scenario: 'crowdsecurity/http-bf', scope: 'ip', decisions: [{ value: '1.2.3.4' }] }] }),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'D12',
    about: 'duration null',
    steps: [
      pull({
        new: [{ scenario: 'crowdsecurity/http-bf', scope: 'ip', decisions: [{ value: '1.2.3.4', duration: null }] }],
      }),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'D13',
    about: 'duration integer 3600 beside a good decision',
    steps: [
      pull({
        new: [
          {
            scenario: 'crowdsecurity/http-bf',
            scope: 'ip',
            decisions: [
              { value: '1.2.3.4', duration: 3600 },
              { value: '5.6.7.8', duration: '24h' },
            ],
          },
        ],
      }),
      get('5.6.7.8', 'ban (CAPI)'),
    ],
  },
  {
    id: 'N01',
    about: 'add then delete',
    steps: [
      pull({ new: [bans('ip', '1.2.3.4')] }),
      pull({ deleted: [{ scope: 'ip', decisions: ['1.2.3.4'] }] }),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'N02',
    about: 'delete unknown ip',
    steps: [pull({ deleted: [{ scope: 'ip', decisions: ['1.2.3.4'] }] }), get('1.2.3.4', 'bypass (clean)')],
  },
  {
    id: 'N09',
    about: 'renewal with shorter duration (24h then 1s)',
    steps: [
      pull({ new: [bans('ip', '1.2.3.4')] }),
      pull({ new: [bans('ip', '1.2.3.4', '1s')] }),
      sleep(3),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'N10',
    about: 'an expired decision does not keep its renewal out, even while a list holds the address',
    config: { remediations: ['ban', 'captcha'] },
    steps: [
      pull(
        { new: [bans('ip', '1.2.3.4', '3s')], links: { blocklists: [blocklist('l1', { remediation: 'captcha' })] } },
        { l1: '1.2.3.4\n' },
        'l1:200',
      ),
      sleep(4.5),
      get('1.2.3.4', 'captcha (lists:l1)'),
      pull({ new: [bans('ip', '1.2.3.4')] }),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'N11',
    about: 'CAPI delete leaves list decision',
    steps: [
      pull({ new: [bans('ip', '1.2.3.4')], links: { blocklists: [blocklist('l1')] } }, { l1: '1.2.3.4\n' }, 'l1:200'),
      get('1.2.3.4', 'ban (CAPI)'),
      pull({ deleted: [{ scope: 'ip', decisions: ['1.2.3.4'] }] }),
      get('1.2.3.4', 'ban (lists:l1)'),
    ],
  },
  {
    id: 'N12',
    about: 'delete with other scope case',
    steps: [
      pull({ new: [bans('Ip', '1.2.3.4')] }),
      pull({ deleted: [{ scope: 'ip', decisions: ['1.2.3.4'] }] }),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'N15',
    about: 'deleted items may be objects',
    steps: [
      pull({ new: [bans('ip', '1.2.3.4')] }),
      pull({ deleted: [{ scope: 'ip', decisions: [{ value: '1.2.3.4', duration: '0h' }] }] }),
      get('1.2.3.4', 'bypass (clean)'),
    ],
  },
  {
    id: 'N18',
    about: 'a group without decisions costs no other group',
    steps: [
      pull({ new: [{ scope: 'ip', scenario: 's', decisions: null }, bans('ip', '1.2.3.4')] }),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'N22',
    about: 'plain strings among the new have no duration',
    steps: [
      pull({ new: [bans('ip', '1.2.3.4'), { scope: 'ip', decisions: ['5.6.7.8'] }] }),
      sleep(2),
      get('5.6.7.8', 'bypass (clean)'),
      get('1.2.3.4', 'ban (CAPI)'),
    ],
  },
  {
    id: 'N23',
    about: 'values are trimmed',
    steps: [pull({ new: [bans('ip', ' 1.2.3.4 ')] }), get('1.2.3.4', 'ban (CAPI)')],
  },
  {
    id: 'N25',
    about: 'a group that is not an object',
    steps: [pull({ new: ['oops'] })],
  },
  {
    id: 'N26',
    about: '"new" is a string',
    steps: [pull({ new: 'oops' })],
  },
  {
    id: 'N27',
    about: 'the stream answers 404',
    steps: [pull({ __status: 404, message: 'not found' }, {}, 'error')],
  },
  {
    id: 'N29',
    about: 'the stream answers a JSON scalar',
    steps: [pull('oops', {}, 'error')],
  },
  {
    id: 'N32',
    about: 'the stream is incremental: what it no longer names stays until it ends',
    steps: [
      pull({ new: [bans('ip', ['1.1.1.1', '1.1.1.2'])] }),
      pull({ new: [bans('ip', '1.1.1.2')] }),
      get('1.1.1.1', 'ban (CAPI)'),
    ],
  },
  {
    id: 'N33',
    about: 'a duration with a fraction',
    steps: [pull({ new: [bans('ip', '1.2.3.4', '3h24m59.5565s')] }), left('1.2.3.4', 'ban=12300')],
  },
];
