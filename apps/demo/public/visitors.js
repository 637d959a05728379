import { byId, element, statusBadge } from './dom.js';
import { timeOfDay } from './format.js';

/** Nobody decided anything about 192.0.2.0/24: clean visitors and new attackers come from there. */
const CLEAN = '192.0.2.250';
const MISSING = ['wp-login.php', 'admin', 'cms', 'old', 'phpmyadmin', 'shop', 'test', 'webmail'];
const MISSING_DEEPLY = ['', 'new/', 'site/'].flatMap((folder) => MISSING.map((path) => folder + path));

let attackers = 0;
let banned = {};
let banishedHere = new Set();

/** Tells the buttons who is banned, at this CAPI and by the site itself. */
export function showVisitors({ network, bans }) {
  banned = network.banned;
  banishedHere = new Set(bans);
  known('banned', banned.ipv4);
  known('ipv6', banned.ipv6);
}

export function listenToVisitors() {
  onClick('[data-visit=clean]', () => play('Clean visitor', [visit(CLEAN)]));
  onClick('[data-visit=banned]', () => play('Banned visitor', [visit(banned.ipv4)]));
  onClick('[data-visit=ipv6]', () => play('IPv6 from a banned range', [visit(banned.ipv6)]));
  onClick('[data-attack=logins]', () => {
    const ip = nextAttacker();
    return play(
      '5 failed logins, and a visit',
      times(5, () => login(ip)),
      [visit(ip)],
    );
  });
  onClick('[data-attack=scan]', () => scan('404 scan', MISSING));
  onClick('[data-attack=long-scan]', () => scan('Long 404 scan', MISSING_DEEPLY));
  onClick('[data-attack=probe]', () => play('Probe for /.env', [get(nextAttacker(), '/.env')]));
  onClick('[data-attack=swarm]', () =>
    play(
      'Swarm of 40',
      times(40, () => login(nextAttacker())),
    ),
  );
  onClick('[data-attack=trip]', () =>
    play(
      '5 logins as 100%',
      times(5, () => login(nextAttacker(), '100%')),
    ),
  );
  byId('visit-as').addEventListener('submit', (event) => {
    event.preventDefault();
    const ip = byId('address').value.trim();
    if (ip) void play('Visit', [visit(ip)]);
  });
}

function onClick(selector, run) {
  const button = document.querySelector(selector);
  button.addEventListener('click', async () => {
    button.disabled = true;
    await run().finally(() => (button.disabled = false));
  });
}

function known(visitor, ip) {
  const button = document.querySelector(`[data-visit=${visitor}]`);
  button.title = ip ?? 'Nobody is known to be banned here; type an address instead';
  if (ip === undefined) button.disabled = true;
  else if (button.dataset.ip !== ip) button.disabled = false;
  button.dataset.ip = ip ?? '';
}

/** Somebody new: 192.0.2.1 to .240, then a network of IPv6 each. */
function nextAttacker() {
  attackers += 1;
  const isShort = attackers <= 240;
  const network = `2001:db8:600d:${attackers.toString(16)}::`;
  const [ip, value] = isShort ? Array(2).fill(`192.0.2.${attackers}`) : [`${network}1`, `${network}/64`];
  return banishedHere.has(value) ? nextAttacker() : ip;
}

const times = (count, request) => Array.from({ length: count }, request);
const get = (ip, path) => ({ ip, method: 'GET', path });
const visit = (ip) => get(ip, '/api/whoami');
const login = (ip, user = 'admin') => ({ ip, method: 'POST', path: '/api/login', body: { user, password: 'letmein' } });

function scan(title, paths) {
  const ip = nextAttacker();
  return play(title, ...paths.map((path) => [get(ip, `/${path}`)]));
}

/** Sends rounds of requests, each request as its visitor's address, and shows what came back. */
async function play(title, ...rounds) {
  const requests = rounds.flat();
  const answers = [];
  for (const round of rounds) answers.push(...(await Promise.all(round.map(send))));
  const [{ ip, method, path }] = requests;
  const visitors = new Set(requests.map((request) => request.ip)).size;
  const line = element('div', { className: 'line' }, element('strong', { text: title }));
  for (const [status, often] of tally(answers)) line.append(statusBadge(status), ...(often > 1 ? [`× ${often}`] : []));
  line.append(element('time', { text: timeOfDay(Date.now()) }));
  const from = `${visitors > 1 ? `${visitors} addresses` : ip} · ${method} ${path}${requests.length > 1 ? ' …' : ''}`;
  const entry = element(
    'li',
    { className: 'entry' },
    line,
    element('div', { className: 'from mono', text: from }),
    element('div', { className: 'said', text: answers.at(-1).excerpt }),
  );
  const list = byId('answers');
  list.querySelector('.empty')?.remove();
  list.prepend(entry);
  while (list.childElementCount > 30) list.lastElementChild.remove();
}

async function send({ ip, method, path, body }) {
  try {
    const response = await fetch(path, {
      method,
      headers: {
        'X-Forwarded-For': ip,
        Accept: 'application/json',
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, excerpt: excerptOf(await response.text()) };
  } catch (error) {
    return { status: 599, excerpt: `No answer: ${error.message}` };
  }
}

function excerptOf(text) {
  const spaced = text.startsWith('{') ? JSON.stringify(JSON.parse(text), null, 1).replace(/\n */g, ' ') : text;
  return spaced.length > 240 ? `${spaced.slice(0, 240)} …` : spaced;
}

function tally(answers) {
  const often = new Map();
  for (const { status } of answers) often.set(status, (often.get(status) ?? 0) + 1);
  return [...often];
}
