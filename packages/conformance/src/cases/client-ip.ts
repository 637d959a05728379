import { expect, it } from 'vitest';
import type { Subject } from '../suite.js';
import { visit, whoami } from '../visit.js';
import { BANNED, CLEAN } from '../test-environment.js';

/** Who is calling, behind which proxies, and who only says so. */
export function clientIpCases({ host, environment }: Subject): void {
  it('sees through a chain to the rightmost address that no trusted proxy wrote', async () => {
    const running = await environment().host({ trustedProxies: host.peers ? ['127.0.0.0/8', '10.0.0.0/8'] : 2 });
    expect(await whoami(running, { 'x-forwarded-for': `${BANNED}, ${CLEAN}, 10.0.0.9` })).toMatchObject({ ip: CLEAN });
    await visit(running, `${CLEAN}, ${BANNED}, 10.0.0.9`).expect(403);
  });

  it('lets nobody hide behind addresses of their own', async () => {
    await visit(await environment().host(), `${CLEAN}, 127.0.0.1x, "", ${BANNED}`).expect(403);
  });

  it.each([`${BANNED}:4711`, `[::ffff:${BANNED}]:443`, `"${BANNED}"`, ` ${BANNED} `])(
    'reads an address as proxies write it: %s',
    async (text) => {
      await visit(await environment().host(), text).expect(403);
    },
  );

  it.each([
    ['forwarded', `for=${CLEAN};by=10.0.0.1, for="${BANNED}:80";host="a,for=${CLEAN}"`],
    ['x-real-ip', BANNED],
    ['cf-connecting-ip', BANNED],
    ['true-client-ip', BANNED],
  ])('takes the client from %s, and from that alone', async (ipHeader, value) => {
    const running = await environment().host({ ipHeader });
    await visit(running, CLEAN).set(ipHeader, value).expect(403);
    if (host.peers) await visit(running, BANNED).expect(200);
  });

  it('does not know the client when its proxy does not', async () => {
    expect(await whoami(await environment().host(), { 'x-forwarded-for': `${CLEAN}, unknown` })).toEqual({
      ip: null,
      remediation: 'bypass',
      origin: 'invalid',
    });
    await visit(await environment().host({ onInvalidIp: 'block' }), 'unknown').expect(403);
  });

  if (!host.peers) return;

  it('believes no header of a peer that is not trusted', async () => {
    for (const trustedProxies of [[], ['10.0.0.0/8']] as const) {
      const running = await environment().host({ trustedProxies });
      expect(
        await whoami(running, { 'x-forwarded-for': BANNED, forwarded: `for=${BANNED}`, 'x-real-ip': BANNED }),
      ).toMatchObject({ ip: '127.0.0.1' });
    }
  });

  it('refuses a banned peer whatever it says of itself', async () => {
    await visit(await environment().host({ trustedProxies: [] }, { held: 'peers' }), CLEAN).expect(403);
  });

  it('refuses a banned IPv6 peer', async () => {
    const running = await environment().host({ trustedProxies: [] }, { held: 'peers', hostname: '::1' });
    await visit(running, CLEAN, '/hello', 'get', '[::1]').expect(403);
  });

  it('knows an IPv4 peer of a server that listens on IPv6 too', async () => {
    const running = await environment().host({ trustedProxies: [] }, { hostname: '::' });
    expect(await whoami(running)).toMatchObject({ ip: '127.0.0.1' });
    await visit(await environment().host({ trustedProxies: [] }, { held: 'peers', hostname: '::' }), CLEAN).expect(403);
  });

  it('trusts an IPv6 proxy by its range', async () => {
    const running = await environment().host({ trustedProxies: ['::1'] }, { hostname: '::1' });
    expect(await whoami(running, { 'x-forwarded-for': '2001:DB8:0::7' }, '[::1]')).toMatchObject({ ip: '2001:db8::7' });
  });
}
