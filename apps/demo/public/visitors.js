import { byId, element, statusBadge } from './dom.js';
import { timeOfDay } from './format.js';

/** Nobody decided anything about 192.0.2.0/24: clean visitors and new attackers come from there. */
const CLEAN = '192.0.2.250';
const SCANNED = ['wp-login.php', '.env', 'admin/', 'phpmyadmin/index.php', 'old/backup.zip', '.git/config'];

let attackers = 0;
let banned = {};

/** Tells the buttons who is banned at this CAPI. */
export function showVisitors({ capi }) {
  banned = capi.banned;
  known('banned', banned.ipv4);
  known('ipv6', banned.ipv6);
}

export function listenToVisitors() {
  onClick('[data-visit=clean]', () => play('Clean visitor', [visit(CLEAN)]));
  onClick('[data-visit=banned]', () => play('Banned visitor', [visit(banned.ipv4)]));
  onClick('[data-visit=ipv6]', () => play('IPv6 from a banned range', [visit(banned.ipv6)]));
  onClick('[data-attack=logins]', () => {
    const ip = nextAttacker();
    return play('5 failed logins', Array.from({ length: 5 }, () => login(ip)));
  });
  onClick('[data-attack=scan]', () => {
    const ip = nextAttacker();
    return play('404 scan', SCANNED.map((path) => ({ ip, method: 'GET', path: `/${path}` })));
  });
  onClick('[data-attack=swarm]', () => play('Swarm of 40', Array.from({ length: 40 }, () => login(nextAttacker()))));
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

function nextAttacker() {
  attackers += 1;
  return `192.0.2.${((attackers - 1) % 240) + 1}`;
}

const visit = (ip) => ({ ip, method: 'GET', path: '/api/whoami' });
const login = (ip) => ({ ip, method: 'POST', path: '/api/login', body: { user: 'admin', password: 'letmein' } });

/** Sends the requests, each as its visitor's address, and shows what came back. */
async function play(title, requests) {
  const answers = await Promise.all(requests.map(send));
  const [{ ip, method, path }] = requests;
  const visitors = new Set(requests.map((request) => request.ip)).size;
  const line = element('div', { className: 'line' }, element('strong', { text: title }));
  for (const [status, times] of tally(answers)) line.append(statusBadge(status), ...(times > 1 ? [`× ${times}`] : []));
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
  const times = new Map();
  for (const { status } of answers) times.set(status, (times.get(status) ?? 0) + 1);
  return [...times];
}
