import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { INSTRUMENTS } from '../../packages/core/dist/index.js';
import { prometheusName, withTables } from '../metrics-docs.mjs';

const read = (/** @type {string} */ path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('The documentation of metrics', () => {
  it('has the tables of core (npm run docs:metrics writes them)', async () => {
    const text = read('docs/metrics.md');
    expect(await withTables(text)).toBe(text);
  });
});

describe('The dashboard', () => {
  /** @type {{ panels: { title: string, type: string, targets?: { expr: string }[] }[] }} */
  const dashboard = JSON.parse(read('docs/grafana/crowdsec-sdk.json'));
  const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const existing = new Set(
    INSTRUMENTS.flatMap((instrument) => {
      const name = prometheusName(instrument);
      return instrument.kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
    }),
  );

  it.each(queries)('asks for metrics that exist: %s', (query) => {
    const named = query.match(/\bcrowdsec_\w+(?=[{[)\s]|$)/g) ?? [];
    const metrics = named.filter((name) => !isLabel(name));
    expect(metrics).not.toEqual([]);
    for (const name of metrics) expect(existing).toContain(name);
  });

  it.each(queries)('groups by labels that the metrics have: %s', (query) => {
    const labels = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map((label) => label.trim()),
    );
    for (const label of labels) expect(['le', 'job', 'instance', ...LABELS]).toContain(label);
  });

  it('has a panel for each metric', () => {
    for (const instrument of INSTRUMENTS) expect(queries.join('\n')).toContain(prometheusName(instrument));
  });
});

const LABELS = new Set(
  ['crowdsec.namespace', ...INSTRUMENTS.flatMap(({ attributes }) => attributes)].map((name) =>
    name.replaceAll(/[.]/g, '_'),
  ),
);
/** @param {string} name */
const isLabel = (name) => LABELS.has(name);
