/**
 * @import { Replay } from './replay.mjs'
 * @typedef {Replay['detections']} Detections
 * @typedef {{ attackers: Map<string, string>, innocents: Map<string, string> }} Day the addresses that were planted, and what each does
 * @typedef {ReturnType<typeof judge>} ReplayAssessment
 * @typedef {{ lines: number, unreadable: number, hours: number, seconds: number, linesPerSecond: number, refusedLater: number,
 *   scenarios: Record<string, string | number>[], top: Record<string, string | number>[], synthetic?: ReplayAssessment }} Figures
 */

/**
 * What a replay found, as figures and as a text.
 *
 * @param {Replay} replay
 * @param {{ seconds: number, top: number, day?: Day | undefined }} options
 */
export function report(replay, { seconds, top, day }) {
  const { detections, lines, unreadable, refused } = replay;
  const hours = Math.max(0, replay.lastAt - replay.firstAt) / 3_600_000;
  const scenarios = [...groupBy(detections, ({ scenario }) => scenario)].map(([scenario, found]) => ({
    scenario,
    decisionSignals: acted(found).filter(({ signal }) => signal === 'decision').length,
    whispers: acted(found).filter(({ signal }) => signal === 'whisper').length,
    bans: acted(found).filter(({ decision }) => decision !== undefined).length,
    clients: new Set(found.map(({ ip }) => ip)).size,
    suppressed: found.length - acted(found).length,
    perHour: round(found.length / Math.max(hours, 1 / 60)),
  }));
  const clients = [...groupBy(acted(detections), ({ ip }) => ip)]
    .map(([ip, found]) => ({
      ip,
      detections: found.length,
      scenarios: [...new Set(found.map(({ scenario }) => scenario))].join(', '),
    }))
    .sort((a, b) => b.detections - a.detections);
  /** @type {Figures} */
  const figures = {
    lines,
    unreadable,
    hours: round(hours),
    seconds: round(seconds),
    linesPerSecond: Math.round(lines / seconds),
    refusedLater: refused,
    scenarios,
    top: clients.slice(0, top),
    ...(day && { synthetic: judge(detections, day) }),
  };
  return {
    figures,
    text: textOf(figures),
    isRight: !figures.synthetic || (figures.synthetic.missed.length === 0 && figures.synthetic.wrong.length === 0),
  };
}

/**
 * Which of the planted were found. A /64 is found by any of its addresses.
 *
 * @param {Detections} detections
 * @param {Day} day
 */
function judge(detections, { attackers, innocents }) {
  const found = new Set(acted(detections).map(({ ip }) => clientOf(ip)));
  const missed = [...attackers].filter(([ip]) => !found.has(clientOf(ip)));
  const wrong = [...innocents].filter(([ip]) => found.has(clientOf(ip)));
  const planted = new Set([...attackers.keys(), ...innocents.keys()].map(clientOf));
  const others = [...found].filter((ip) => !planted.has(ip));
  return { attackers: attackers.size, innocents: innocents.size, missed, wrong, others: others.length };
}

/** @param {string} ip */
function clientOf(ip) {
  return ip.includes(':') ? ip.split(':').slice(0, 4).join(':') : ip;
}

/** @param {Figures} figures */
function textOf({ lines, unreadable, hours, seconds, linesPerSecond, refusedLater, scenarios, top, synthetic }) {
  const many = (/** @type {number} */ number) => number.toLocaleString('en');
  const parts = [
    `${many(lines)} lines of ${hours} hours in ${seconds} s: ${many(linesPerSecond)} lines a second. ${many(unreadable)} could not be read.`,
    scenarios.length === 0 ? 'Nothing would have been reported.' : table(scenarios),
    `${many(refusedLater)} requests of banned clients would have been refused.`,
    ...(top.length === 0 ? [] : [table(top)]),
    'What only the application knows (failed payments, contact forms, logins that answer 200) is in no access log.',
  ];
  if (synthetic !== undefined) {
    const { attackers, innocents, missed, wrong, others } = synthetic;
    parts.push(
      `Planted: ${attackers - missed.length} of ${attackers} attackers found, ${wrong.length} of ${innocents} look-alikes, ${others} of the ordinary visitors.`,
    );
    for (const [ip, what] of missed) parts.push(`MISSED  ${ip} ${what}`);
    for (const [ip, what] of wrong) parts.push(`WRONG   ${ip} ${what}`);
  }
  return parts.join('\n\n');
}

/** @param {Record<string, string | number>[]} rows */
function table(rows) {
  const names = Object.keys(rows[0]);
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => String(row[name]).length)));
  const line = (/** @type {(string | number)[]} */ cells) =>
    cells
      .map((cell, i) => String(cell).padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  return [
    line(names),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map((row) => line(names.map((name) => row[name]))),
  ].join('\n');
}

/** @param {Detections} detections */
function acted(detections) {
  return detections.filter(({ suppressed }) => suppressed === undefined);
}

/**
 * @template Item
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} keyOf
 * @returns {Map<string, Item[]>}
 */
function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** @param {number} number */
function round(number) {
  return Math.round(number * 10) / 10;
}
