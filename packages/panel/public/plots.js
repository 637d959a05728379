import uPlot from './uplot.js';
import { byId, element } from './dom.js';
import { integer } from './format.js';

const MINUTE = 60_000;
const RANGES = { hour: 60 * MINUTE, day: 24 * 60 * MINUTE };
/** A plot of a day has one point per five minutes. */
const STEPS = { hour: MINUTE, day: 5 * MINUTE };

/** `rate`: of a count, what came in each step; the others as they were at its end. */
const PLOTS = [
  {
    id: 'requests',
    title: 'Requests',
    rate: true,
    series: [
      ['passed', 'passed', '--good'],
      ['blocked', 'blocked', '--bad'],
      ['wouldBlock', 'would be blocked', '--warn'],
    ],
  },
  { id: 'detections', title: 'Detections', rate: true, series: [['detections', 'detections', '--accent']] },
  {
    id: 'decisions',
    title: 'Decisions held',
    rate: false,
    series: [
      ['decisions', 'held', '--accent'],
      ['localDecisions', 'local', '--warn'],
    ],
  },
  {
    id: 'signals',
    title: 'Signals',
    rate: true,
    series: [
      ['sent', 'sent', '--good'],
      ['buffered', 'waiting', '--accent'],
    ],
    levels: ['buffered'],
  },
];

const samples = [];
let latest;
let range = 'hour';
const made = new Map();

/** Puts the samples of the day in place, when the stream begins. */
export function takeSamples(all) {
  samples.splice(0, samples.length, ...all);
}

/** Shows the present, and keeps a sample of each minute as the panel does. */
export function showPlots({ sample }) {
  latest = sample;
  const last = samples.at(-1);
  if (last === undefined || sample.at - last.at >= MINUTE) samples.push(sample);
  while (samples.length > 1 && samples[0].at < sample.at - RANGES.day - MINUTE) samples.shift();
  draw();
}

export function listenToRange() {
  for (const input of document.querySelectorAll('[name=range]')) {
    input.addEventListener('change', () => {
      range = input.value;
      draw();
    });
  }
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', () => {
    for (const { plot } of made.values()) plot.destroy();
    made.clear();
    byId('plots').replaceChildren();
    draw();
  });
  new ResizeObserver(() => {
    for (const { plot, box } of made.values()) plot.setSize(sizeOf(box));
  }).observe(byId('plots'));
}

function draw() {
  if (latest === undefined) return;
  const points = pointsOf();
  for (const plot of PLOTS) drawOne(plot, points);
}

/** One point per step: its last sample, and the one before it that it is compared with. The last point is the present. */
function pointsOf() {
  const from = latest.at - RANGES[range];
  const step = STEPS[range];
  const points = [];
  let before;
  for (const sample of [...samples, latest]) {
    const slot = Math.floor(sample.at / step);
    const last = points.at(-1);
    if (last?.slot === slot) last.sample = sample;
    else points.push({ slot, sample, before: before ?? sample });
    before = sample;
  }
  return points.filter(({ sample }) => sample.at >= from);
}

function drawOne(definition, points) {
  const { series, rate, levels = [] } = definition;
  const known = made.get(definition.id) ?? create(definition);
  const times = points.map(({ sample }) => sample.at / 1000);
  const lines = series.map(([key]) =>
    points.map(({ sample, before }) => {
      if (!rate || levels.includes(key)) return sample[key];
      // A count that fell began anew with the process.
      return sample[key] >= before[key] ? sample[key] - before[key] : sample[key];
    }),
  );
  known.plot.setData([times, ...lines]);
  known.plot.setScale('x', { min: (latest.at - RANGES[range]) / 1000, max: latest.at / 1000 });
  describe(known, definition, points, lines);
}

/** What a plot says, in words. */
function describe({ figure, summary }, { series, rate, levels = [] }, points, lines) {
  const words = series.map(([key, label], i) => {
    const isLevel = !rate || levels.includes(key);
    const value = isLevel ? points.at(-1).sample[key] : lines[i].reduce((sum, each) => sum + each, 0);
    return `${integer(value)} ${label}`;
  });
  const text = words.join(', ');
  const label = `Plot of the last ${range}: ${text}`;
  const plot = figure.querySelector('.plot');
  if (plot.getAttribute('aria-label') === label) return;
  summary.textContent = text;
  plot.setAttribute('aria-label', label);
}

function create({ id, title, series }) {
  const box = element('div', { className: 'plot', role: 'img', id: `plot-${id}` });
  const summary = element('span', { className: 'hint' });
  const figure = element(
    'figure',
    {},
    element('figcaption', {}, element('strong', { text: title }), ' ', summary),
    box,
  );
  byId('plots').append(figure);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  };
  const plot = new uPlot(
    {
      ...sizeOf(box),
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 1) * 1.1)] } },
      axes: [
        {
          ...axis,
          values: (_plot, moments) =>
            moments.map((at) =>
              new Date(at * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' }),
            ),
        },
        {
          ...axis,
          size: 56,
          values: (_plot, values) => values.map((value) => (Number.isInteger(value) ? integer(value) : '')),
        },
      ],
      series: [
        {},
        ...series.map(([, label, name]) => ({
          label,
          stroke: colour(name),
          width: 2,
          fill: `${colour(name)}1f`,
        })),
      ],
      cursor: { drag: { x: false, y: false } },
      legend: { show: series.length > 1, live: false },
    },
    [[], ...series.map(() => [])],
    box,
  );
  const entry = { plot, box, figure, summary };
  made.set(id, entry);
  return entry;
}

function sizeOf(box) {
  return { width: Math.max(220, box.clientWidth), height: 150 };
}
