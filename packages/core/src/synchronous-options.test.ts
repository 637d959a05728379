import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import { DecisionIndex } from './decisions/decision-index.js';
import { silentLogger } from './logger.js';
import type { CrowdsecOptions } from './options.js';

const PEER = '192.0.2.1';
const error = vi.fn();
const options: CrowdsecOptions = { apiUrl: 'http://127.0.0.1:9', ephemeral: true, logger: { ...silentLogger, error } };
/** As somebody writes it who does not use TypeScript: it also fails, which nobody is to hear of. */
const asyncFunction = (): never => Promise.reject(new Error('late')) as never;

afterEach(() => error.mockClear());

describe('a function in options that answers by a promise', () => {
  it.each([
    ['skip', { skip: asyncFunction }],
    ['trustedProxies', { trustedProxies: asyncFunction }],
    ['clientIp', { clientIp: asyncFunction }],
  ] as const)('is refused, and requests are judged without it: %s', (name, option) => {
    const crowdsec = createCrowdsec({ ...options, ...option });
    for (let i = 0; i < 2; i++) expect(inspect(crowdsec)).toMatchObject({ ip: PEER, origin: 'unavailable' });
    expect(error).toHaveBeenCalledTimes(1);
    expect(error.mock.calls[0]?.[0]).toContain(`CROWDSEC_OPTION_INVALID: options.${name} answered by a promise`);
    expect(crowdsec.health().problems).toContainEqual(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', message: expect.stringContaining(name) as string }),
    );
  });

  it('is refused where the option ban.redirect adds to skip', () => {
    const crowdsec = createCrowdsec({ ...options, skip: asyncFunction, ban: { redirect: '/blocked' } });
    expect(inspect(crowdsec)).toMatchObject({ ip: PEER, origin: 'unavailable' });
  });

  it('falls back from clientIp to trusted proxies', () => {
    const crowdsec = createCrowdsec({ ...options, clientIp: asyncFunction, trustedProxies: 1 });
    expect(inspect(crowdsec)).toMatchObject({ ip: '198.51.100.99' });
  });

  it('takes what is no text from clientIp for a client that nobody knows', () => {
    for (const told of [null, 7, {}]) {
      const crowdsec = createCrowdsec({ ...options, clientIp: () => told as never });
      expect(inspect(crowdsec)).toMatchObject({ ip: undefined, origin: 'invalid' });
    }
    expect(error).not.toHaveBeenCalled();
  });

  it('is never asked while requests need no answer of it', () => {
    const geo = vi.fn(asyncFunction);
    createCrowdsec({ ...options, geo }).getIpRemediation(PEER);
    expect(geo).not.toHaveBeenCalled();
    expect(DecisionIndex.empty.needsGeo).toBe(false);
  });
});

function inspect({ bouncer }: Crowdsec) {
  return bouncer.inspect({
    remoteAddress: PEER,
    method: 'GET',
    path: '/',
    headers: { 'x-forwarded-for': '198.51.100.99' },
  });
}
