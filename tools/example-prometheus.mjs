/** `npm run example:prometheus`: the demo with OpenTelemetry's exporter for Prometheus, until it is stopped. */
import { runBuilt } from './run-built.mjs';

await runBuilt(
  'the demo and the exporter',
  ['@crowdsec-sdk/demo', '@crowdsec-sdk/example-prometheus'],
  ['--import', './apps/prometheus/dist/instrumentation.js', 'apps/demo/dist/main.js'],
);
