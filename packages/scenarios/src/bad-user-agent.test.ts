import { describe, expect, it } from 'vitest';
import { feed, requested, times } from '../test/feed.js';
import { badUserAgent } from './bad-user-agent.js';

const scenario = () => badUserAgent({ vendor: 'acme' });
const visits = (userAgent: string, count = 1, everySeconds = 1) =>
  times(count, (i) => requested('/', { userAgent, second: i * everySeconds }));

describe('bad user agents', () => {
  it('are whispered about once, and banned when they go on', async () => {
    const sqlmap = 'sqlmap/1.8#stable (https://sqlmap.org)';
    expect(await feed(scenario(), visits(sqlmap, 10))).toEqual([
      {
        scenario: 'acme/bad-user-agent',
        signal: 'whisper',
        eventCount: 1,
        startAt: Date.UTC(2026, 0, 1),
        context: { user_agent: sqlmap },
      },
    ]);
    const whisper = { signal: 'whisper' };
    expect(await feed(scenario(), visits(sqlmap, 12))).toMatchObject([whisper, { signal: 'decision', eventCount: 11 }]);
    expect(await feed(scenario(), visits(sqlmap, 70, 60))).toMatchObject([whisper, whisper]);
  });

  it.each([
    'Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)',
    'Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)',
    'masscan/1.3 (https://github.com/robertdavidgraham/masscan)',
    'Mozilla/5.0 zgrab/0.x',
    'WPScan v3.8.25 (https://wpscan.com/wordpress-security-scanner)',
    'Nuclei - Open-source project (github.com/projectdiscovery/nuclei)',
    'gobuster/3.6',
    'Fuzz Faster U Fool v2.1.0',
    'DirBuster-1.0-RC1 (http://www.owasp.org/index.php/Category:OWASP_DirBuster_Project)',
  ])('have %s among them', async (userAgent) => {
    expect(await feed(scenario(), visits(userAgent))).toHaveLength(1);
  });

  it.each([
    '',
    'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'curl/8.9.1',
    'python-requests/2.32',
    'python-httpx/0.27',
    'Nucleiform/1.0',
    'Mozilla/5.0 (Thermonuclei)',
  ])('do not have %j among them', async (userAgent) => {
    expect(await feed(scenario(), visits(userAgent, 50))).toEqual([]);
  });

  it('may be added, as whole words', async () => {
    const own = badUserAgent({ vendor: 'acme', agents: ['evil.bot+'] });
    expect(await feed(own, visits('Mozilla/5.0 (Evil.Bot+ 1.0)'))).toHaveLength(1);
    expect(await feed(own, visits('Mozilla/5.0 (EvilXBot 1.0)'))).toEqual([]);
    expect(() => badUserAgent({ vendor: 'acme', agents: ['x', ''] })).toThrow(/^options\.agents\[1\]: /);
  });
});
