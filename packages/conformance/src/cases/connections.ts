import { expect, it } from 'vitest';
import { ask } from '../ask.js';
import { resetConnection } from '../reset-connection.js';
import type { Subject } from '../suite.js';
import { BANNED, CLEAN } from '../test-environment.js';

const RESETS = 20;
const ORDER = 'POST /order HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n';

/** Connections that are no living TCP connection from somebody with an address. */
export function connectionCases({ host, environment }: Subject): void {
  it.each([
    ['a TCP connection', false, ''],
    ['a TCP connection, and names somebody innocent', false, `x-forwarded-for: ${CLEAN}\r\n`],
    ...(host.sockets ? [['a TLS connection', true, ''] as const] : []),
  ] as const)('runs no handler for who resets %s', async (_, tls, header) => {
    const running = await environment().host({ onInvalidIp: 'pass' }, { held: 'peers', tls });
    const ordered = async (): Promise<number> => Number((await ask(running, '/orders', { tls })).text);
    const before = await ordered();
    // The server is to look at them when they are over; one in this process can't look sooner.
    const resume = running.pause?.();
    for (let i = 0; i < RESETS; i++) await resetConnection(running, `${ORDER}${header}\r\n`, tls);
    resume?.();
    // Connections are served in the order in which they came: after these two, the others were.
    await ask(running, '/order', { tls, method: 'POST' });
    await ask(running, '/order', { tls, method: 'POST' });
    expect((await ordered()) - before).toBe(2);
  });

  if (!host.sockets) return;

  it.each(['loopback', 'private', ['127.0.0.1']] as const)(
    'knows the clients of a proxy that connects by a Unix socket: trustedProxies %j',
    async (trustedProxies) => {
      const running = await environment().host({ trustedProxies }, { unixSocket: true });
      expect((await ask(running, '/hello', { visitor: BANNED })).status).toBe(403);
      const { text: whoamiText } = await ask(running, '/whoami', { visitor: CLEAN });
      expect(JSON.parse(whoamiText)).toMatchObject({ ip: CLEAN, origin: 'clean' });
    },
  );

  it('takes the peer of a Unix socket for loopback, whatever it says of itself where it is not trusted', async () => {
    const running = await environment().host({ trustedProxies: [] }, { unixSocket: true });
    const { text: whoamiText } = await ask(running, '/whoami', { visitor: BANNED });
    expect(JSON.parse(whoamiText)).toMatchObject({ ip: '127.0.0.1', origin: 'clean' });
  });
}
