import type { Replay } from './replay.js';

type Detections = Replay['detections'];

/** The addresses that were planted in a synthetic log, and what each does. */
export interface PlantedDay {
  readonly attackers: ReadonlyMap<string, string>;
  readonly innocents: ReadonlyMap<string, string>;
}

type Row = Readonly<Record<string, string | number>>;
type DetectionScore = ReturnType<typeof scoreDetections>;

/** What a replay found. */
export interface ReplayFigures {
  readonly lines: number;
  readonly unreadable: number;
  readonly hours: number;
  readonly seconds: number;
  readonly linesPerSecond: number;
  readonly refusedLater: number;
  readonly scenarios: readonly Row[];
  readonly top: readonly Row[];
  readonly synthetic?: DetectionScore;
}

/** The figures, a text of them, and whether all that was planted was found and nothing else. */
export interface ReplayReport {
  readonly figures: ReplayFigures;
  readonly text: string;
  readonly isCorrect: boolean;
}

/** What a replay found, as figures and as a text. */
export function report(
  replay: Replay,
  { seconds, top, day }: { readonly seconds: number; readonly top: number; readonly day?: PlantedDay | undefined },
): ReplayReport {
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
  const figures: ReplayFigures = {
    lines,
    unreadable,
    hours: round(hours),
    seconds: round(seconds),
    linesPerSecond: Math.round(lines / seconds),
    refusedLater: refused,
    scenarios,
    top: clients.slice(0, top),
    ...(day && { synthetic: scoreDetections(detections, day) }),
  };
  return {
    figures,
    get text() {
      return textOf(figures);
    },
    isCorrect: !figures.synthetic || (figures.synthetic.missed.length === 0 && figures.synthetic.wrong.length === 0),
  };
}

/** Which of the planted were found. A /64 is found by any of its addresses. */
function scoreDetections(
  detections: Detections,
  { attackers, innocents }: PlantedDay,
): {
  readonly attackers: number;
  readonly innocents: number;
  readonly missed: (readonly [string, string])[];
  readonly wrong: (readonly [string, string])[];
  readonly others: number;
} {
  const found = new Set(acted(detections).map(({ ip }) => clientOf(ip)));
  const missed = [...attackers].filter(([ip]) => !found.has(clientOf(ip)));
  const wrong = [...innocents].filter(([ip]) => found.has(clientOf(ip)));
  const planted = new Set([...attackers.keys(), ...innocents.keys()].map(clientOf));
  const others = [...found].filter((ip) => !planted.has(ip));
  return { attackers: attackers.size, innocents: innocents.size, missed, wrong, others: others.length };
}

function clientOf(ip: string): string {
  return ip.includes(':') ? ip.split(':').slice(0, 4).join(':') : ip;
}

function textOf(figures: ReplayFigures): string {
  const { lines, unreadable, hours, seconds, linesPerSecond, refusedLater, scenarios, top, synthetic } = figures;
  const formatted = (number: number): string => number.toLocaleString('en');
  const parts = [
    `${formatted(lines)} lines of ${hours} hours in ${seconds} s: ${formatted(linesPerSecond)} lines a second. ${formatted(unreadable)} could not be read.`,
    scenarios.length === 0 ? 'Nothing would have been reported.' : table(scenarios),
    `${formatted(refusedLater)} requests of banned clients would have been refused.`,
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

function table(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => String(row[name]).length)));
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, i) => String(cell).padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [
    line(names),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map((row) => line(names.map((name) => row[name] ?? ''))),
  ].join('\n');
}

function acted(detections: Detections): Detections {
  return detections.filter(({ suppressed }) => suppressed === undefined);
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
