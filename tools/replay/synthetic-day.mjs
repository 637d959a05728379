import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

/**
 * @typedef {() => number} Random in [0, 1)
 * @typedef {{ at: number, ip: string, user?: string, method?: string, path: string, status: number, agent: string }} LogRequest
 * @typedef {Omit<LogRequest, 'ip' | 'agent'> & { agent?: string }} Asked
 * @typedef {(request: Asked) => void} Ask
 * @typedef {object} Planted
 * @property {Map<string, string>} attackers by their address, what they do
 * @property {Map<string, string>} innocents
 * @property {LogRequest[]} requests
 */

const DAY_MS = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const BROWSERS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
];

/**
 * Writes a day of a small shop's access log in the combined format.
 *
 * @param {{ file: string, lines: number, seed: number }} options
 * @returns {Promise<{ attackers: Map<string, string>, innocents: Map<string, string> }>} the addresses that were planted, and what each
 *   does; an attacker that changes its address within a /64 is there under its first one
 */
export async function writeDay({ file, lines, seed }) {
  const random = generator(seed);
  const startAt = Date.UTC(2026, 10, 21);
  /** @type {Planted} */
  const planted = { attackers: new Map(), innocents: new Map(), requests: [] };
  plantAttackers(planted, random);
  plantInnocents(planted, random);
  planted.requests.sort((a, b) => a.at - b.at);

  const out = createWriteStream(file);
  const visitors = Array.from({ length: 20_000 }, (_, i) => address(random, i));
  const ordinary = Math.max(0, lines - planted.requests.length);
  let next = 0;
  let batch = '';
  for (let i = 0; i < ordinary; i++) {
    const at = (i / ordinary) * DAY_MS;
    while (next < planted.requests.length && planted.requests[next].at <= at)
      batch += line(startAt, planted.requests[next++]);
    const visitor = Math.floor(random() ** 2 * visitors.length);
    batch += line(startAt, {
      at,
      ip: visitors[visitor],
      agent: BROWSERS[visitor % BROWSERS.length],
      ...ordinaryRequest(random),
    });
    if (batch.length > 1 << 16) {
      if (!out.write(batch)) await once(out, 'drain');
      batch = '';
    }
  }
  for (; next < planted.requests.length; next++) batch += line(startAt, planted.requests[next]);
  out.end(batch);
  await once(out, 'finish');
  return { attackers: planted.attackers, innocents: planted.innocents };
}

/**
 * @param {Planted} planted
 * @param {Random} random
 */
function plantAttackers({ attackers, requests }, random) {
  /** @type {(what: string, count: number, act: (ip: string, from: number, ask: Ask) => void) => void} */
  const plant = (what, count, act) => {
    for (let i = 0; i < count; i++) {
      const ip = `198.51.${attackers.size >> 8}.${attackers.size & 255}`;
      attackers.set(ip, what);
      act(ip, random() * (DAY_MS - 3_600_000), (request) =>
        requests.push({ ip, agent: BROWSERS[i % BROWSERS.length], ...request }),
      );
    }
  };
  plant('guesses passwords', 12, (_ip, from, ask) => {
    for (let n = 0; n < 30; n++) ask({ at: from + n * 2_500, method: 'POST', path: '/login', status: 401 });
  });
  plant('tries stolen accounts', 8, (_ip, from, ask) => {
    for (let n = 0; n < 40; n++)
      ask({ at: from + n * 70_000, path: '/account', user: `user${Math.floor(random() * 1e6)}`, status: 401 });
  });
  plant('looks for anything', 15, (_ip, from, ask) => {
    for (let n = 0; n < 150; n++)
      ask({ at: from + n * 1_000, path: `/old/${n.toString(36)}-${Math.floor(random() * 1e4)}.php`, status: 404 });
  });
  plant('looks for secrets', 20, (_ip, from, ask) => {
    const paths = ['/.env', '/.git/config', '/backup.sql', '/.aws/credentials', '/%2eenv'];
    ask({ at: from, path: paths[Math.floor(random() * paths.length)], status: 404 });
  });
  plant('looks for back doors', 10, (_ip, from, ask) => {
    const paths = [
      '/wp-content/plugins/wp-file-manager/lib/php/connector.minimal.php',
      '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php',
      '/cgi-bin/luci',
      '/shell.php',
      '/boaform/admin/formLogin',
      '/actuator/gateway/routes',
    ];
    paths.forEach((path, n) => ask({ at: from + n * 4_000, path, status: 404 }));
  });
  plant('is a scanner and says so', 10, (_ip, from, ask) => {
    for (let n = 0; n < 12; n++)
      ask({
        at: from + n * 700,
        path: `/product/${n}?id=1%27`,
        status: 200,
        agent: 'sqlmap/1.9.4#stable (https://sqlmap.org)',
      });
  });
  // One client with a /64 of its own, which changes its address with each request.
  for (let i = 0; i < 5; i++) {
    const prefix = `2001:db8:bad:${(i + 1).toString(16)}`;
    attackers.set(`${prefix}::1`, 'guesses passwords from a /64');
    const from = random() * (DAY_MS - 3_600_000);
    for (let n = 0; n < 30; n++)
      requests.push({
        ip: `${prefix}::${(n + 1).toString(16)}`,
        agent: BROWSERS[i % 4],
        at: from + n * 3_000,
        method: 'POST',
        path: '/login',
        status: 401,
      });
  }
}

/**
 * @param {Planted} planted
 * @param {Random} random
 */
function plantInnocents({ innocents, requests }, random) {
  /** @type {(what: string, count: number, act: (from: number, ask: Ask) => void) => void} */
  const plant = (what, count, act) => {
    for (let i = 0; i < count; i++) {
      const ip = `203.0.${innocents.size >> 8}.${innocents.size & 255}`;
      innocents.set(ip, what);
      act(random() * (DAY_MS - 3_600_000), (request) =>
        requests.push({ ip, agent: BROWSERS[i % BROWSERS.length], ...request }),
      );
    }
  };
  plant('mistypes the password', 60, (from, ask) => {
    for (let n = 0; n < 4; n++) ask({ at: from + n * 25_000, method: 'POST', path: '/login', status: 401 });
    ask({ at: from + 100_000, method: 'POST', path: '/login', status: 200 });
  });
  plant('reads a page with broken images', 60, (from, ask) => {
    ask({ at: from, path: '/about', status: 200 });
    for (let n = 0; n < 10; n++) ask({ at: from + 200 + n * 20, path: `/images/team-${n}.jpg`, status: 404 });
  });
  plant('is an office behind one address', 4, (_from, ask) => {
    for (let n = 0; n < 2_000; n++) ask({ at: (n / 2_000) * DAY_MS, ...ordinaryRequest(random) });
    for (let n = 0; n < 40; n++) ask({ at: (n / 40) * DAY_MS, method: 'POST', path: '/login', status: 401 });
    for (let n = 0; n < 40; n++) ask({ at: ((n + 0.5) / 40) * DAY_MS, path: `/images/gone-${n}.png`, status: 404 });
  });
  plant('crawls for a search engine', 4, (_from, ask) => {
    for (let n = 0; n < 400; n++)
      ask({
        at: (n / 400) * DAY_MS,
        path: n % 4 === 0 ? `/archive/2019/${n}` : `/product/${n}`,
        status: n % 4 === 0 ? 404 : 200,
        agent: 'Mozilla/5.0 (compatible; ExampleBot/2.1; +https://example.com/bot)',
      });
  });
  plant('watches the site', 2, (_from, ask) => {
    for (let n = 0; n < 1_440; n++) ask({ at: n * 60_000, path: '/health', status: 200, agent: 'curl/8.14.1' });
  });
  plant('renews a certificate', 4, (from, ask) => {
    for (let n = 0; n < 5; n++) ask({ at: from + n * 900, path: `/.well-known/acme-challenge/token${n}`, status: 404 });
  });
  plant('reads about what others look for', 10, (from, ask) => {
    for (const [n, path] of [
      '/blog/what-is-a-.env-file',
      '/docs/git-config',
      '/blog/backup.sql-explained',
      '/shells',
      '/environment',
    ].entries())
      ask({ at: from + n * 20_000, path, status: 200 });
  });
  plant('is an application of a partner', 4, (from, ask) => {
    for (let n = 0; n < 300; n++)
      ask({ at: (from + n * 60_000) % DAY_MS, path: `/api/orders/${n}`, status: 200, agent: 'python-requests/2.32.3' });
  });
}

/** @param {Random} random */
function ordinaryRequest(random) {
  const dice = random();
  if (dice < 0.004) return { path: `/images/${Math.floor(random() * 50)}.png`, status: 404 };
  if (dice < 0.005) return { method: 'POST', path: '/login', status: 401 };
  if (dice < 0.02) return { method: 'POST', path: '/cart', status: 303 };
  return { path: `/product/${Math.floor(random() * 5_000)}?ref=${Math.floor(random() * 9)}`, status: 200 };
}

/**
 * @param {number} startAt in ms since 1970
 * @param {LogRequest} request
 */
function line(startAt, { at, ip, user = '-', method = 'GET', path, status, agent }) {
  const date = new Date(startAt + at);
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  const time = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
  return `${ip} - ${user} [${time}] "${method} ${path} HTTP/1.1" ${status} 1234 "-" "${agent}"\n`;
}

/**
 * One in ten comes by IPv6.
 *
 * @param {Random} random
 * @param {number} i
 */
function address(random, i) {
  if (i % 10 === 0) return `2001:db8:${(i + 4_096).toString(16)}:${Math.floor(random() * 65_536).toString(16)}::1`;
  return `${[23, 45, 81, 92, 151][i % 5]}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`;
}

/**
 * Numbers that are the same for the same seed.
 *
 * @param {number} seed
 * @returns {Random}
 */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
