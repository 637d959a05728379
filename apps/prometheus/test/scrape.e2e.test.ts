import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { INSTRUMENTS } from '@crowdsec-sdk/core';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const INSTRUMENTATION = new URL('apps/prometheus/dist/instrumentation.js', ROOT).href;
const DEMO = fileURLToPath(new URL('apps/demo/dist/main.js', ROOT));

describe("the exporter's page", () => {
  it('has every metric of the table, after some traffic of the demo', async () => {
    const { demo, metrics } = await start();
    const page = async (): Promise<string> => (await fetch(metrics)).text();
    await expect.poll(page, { timeout: 30_000 }).toMatch(/^crowdsec_decision_count\{.*crowdsec_origin="CAPI"/m);
    for (const path of ['/', '/.env', '/.git/config', '/wp-login.php'])
      await fetch(demo + path, { headers: { 'X-Forwarded-For': '192.0.2.7' } });
    await expect.poll(page, { timeout: 30_000 }).toMatch(/^crowdsec_extension_detections_total\{/m);
    const text = await page();
    for (const { name, kind } of INSTRUMENTS) {
      const inPrometheus = name.replaceAll('.', '_');
      const end = { histogram: '_bucket', 'observable counter': '_total' }[kind as string] ?? '';
      expect(text).toMatch(new RegExp(`^${inPrometheus}${end}\\{`, 'm'));
    }
  });
});

/** The demo and its exporter on free ports. */
async function start(): Promise<{ demo: string; metrics: string }> {
  const child = spawn(process.execPath, ['--import', INSTRUMENTATION, DEMO], {
    env: { PATH: process.env.PATH, PORT: '0', PROMETHEUS_PORT: '0' },
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await once(child, 'close');
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const url = async (wanted: RegExp): Promise<string> => {
    await expect.poll(() => output, { timeout: 60_000 }).toMatch(wanted);
    return wanted.exec(output)![1]!;
  };
  return {
    metrics: await url(/Prometheus: (http\S+)/),
    demo: await url(/demo runs at (http:\/\/127\.0\.0\.1:\d+)/),
  };
}
