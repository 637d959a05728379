import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OFFLINE } from '@crowdsec-sdk/conformance';
import { createCrowdsec, type Crowdsec, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { onTestFinished } from 'vitest';

export const BANNED = '203.0.113.66';
export const CLEAN = '203.0.113.7';

/** An agent that holds a ban and trusts this machine as a proxy, for the length of a test. */
export async function agent(options: Partial<CrowdsecOptions> = {}): Promise<Crowdsec> {
  const crowdsec = createCrowdsec({ ...OFFLINE, trustedProxies: 'loopback', ...options });
  await crowdsec.start();
  onTestFinished(() => crowdsec.stop());
  crowdsec.decide({ ip: BANNED, scenario: 'acme/x', duration: '1h' });
  return crowdsec;
}

/** Has a server listen on this machine for the length of a test; resolves its URL. */
export async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
