import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import { expect, it } from 'vitest';
import type { Subject } from '../suite.js';
import { whoami } from '../visit.js';

/** The visitor, and whom the visitor would rather be. */
const VISITOR = '203.0.113.7';
const SPOOF = '198.51.100.99';
const PEER = '127.0.0.1';

interface Spoof {
  readonly setUp: string;
  readonly options: Partial<CrowdsecOptions>;
  readonly headers: Readonly<Record<string, string>>;
  /** Who the SDK believes is calling. */
  readonly believed: string;
  /** Needs to know the peer. */
  readonly peers: boolean;
}

const FORWARDED_FOR = 'x-forwarded-for';

const SPOOFS: readonly Spoof[] = [
  {
    setUp: 'nobody trusted, a header from anybody',
    options: { trustedProxies: [] },
    headers: { [FORWARDED_FOR]: SPOOF },
    believed: PEER,
    peers: true,
  },
  {
    setUp: 'other proxies trusted, a header from anybody',
    options: { trustedProxies: ['10.0.0.0/8'] },
    headers: { [FORWARDED_FOR]: SPOOF },
    believed: PEER,
    peers: true,
  },
  {
    setUp: 'a trusted proxy that appends',
    options: { trustedProxies: 'loopback' },
    headers: { [FORWARDED_FOR]: `${SPOOF}, ${VISITOR}` },
    believed: VISITOR,
    peers: true,
  },
  {
    setUp: 'a trusted proxy that says nothing',
    options: { trustedProxies: 'loopback' },
    headers: {},
    believed: PEER,
    peers: true,
  },
  {
    setUp: 'a trusted proxy that overwrites x-real-ip',
    options: { trustedProxies: 'loopback', ipHeader: 'x-real-ip' },
    headers: { [FORWARDED_FOR]: SPOOF, 'x-real-ip': VISITOR },
    believed: VISITOR,
    peers: true,
  },
  {
    setUp: 'a trusted proxy that appends to forwarded',
    options: { trustedProxies: 'loopback', ipHeader: 'forwarded' },
    headers: { forwarded: `for=${SPOOF}, for=${VISITOR};host="a, for=${SPOOF}"` },
    believed: VISITOR,
    peers: true,
  },
  {
    setUp: 'two proxies, both trusted by address',
    options: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] },
    headers: { [FORWARDED_FOR]: `${SPOOF}, ${VISITOR}, 10.0.0.9` },
    believed: VISITOR,
    peers: true,
  },
  {
    setUp: 'everybody trusted (warned of)',
    options: { trustedProxies: ['0.0.0.0/0', '::/0'] },
    headers: { [FORWARDED_FOR]: `${SPOOF}, ${VISITOR}` },
    believed: SPOOF,
    peers: true,
  },
  {
    setUp: 'one hop, one proxy',
    options: { trustedProxies: 1 },
    headers: { [FORWARDED_FOR]: `${SPOOF}, ${VISITOR}` },
    believed: VISITOR,
    peers: false,
  },
  {
    setUp: 'two hops, two proxies',
    options: { trustedProxies: 2 },
    headers: { [FORWARDED_FOR]: `${SPOOF}, ${VISITOR}, 10.0.0.9` },
    believed: VISITOR,
    peers: false,
  },
  {
    setUp: 'one hop, and no proxy at all (a mistake)',
    options: { trustedProxies: 1 },
    headers: { [FORWARDED_FOR]: SPOOF },
    believed: SPOOF,
    peers: false,
  },
  {
    setUp: 'two hops, and only one proxy (a mistake)',
    options: { trustedProxies: 2 },
    headers: { [FORWARDED_FOR]: `${SPOOF}, ${VISITOR}` },
    believed: SPOOF,
    peers: false,
  },
];

/** For each set-up of proxies: who the SDK thinks is calling. The documentation quotes this table. */
export function spoofingCases({ host, environment }: Subject): void {
  it.each(SPOOFS.filter(({ peers }) => host.peers || !peers))(
    'with $setUp, takes the caller for $believed',
    async ({ options, headers, believed }) => {
      expect(await whoami(await environment().host(options), headers)).toMatchObject({ ip: believed });
    },
  );
}
