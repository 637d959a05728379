import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

// Loaded ahead of the application, by `node --import`: whatever it measures goes to this exporter.
const port = Number(process.env.PROMETHEUS_PORT ?? 9464);
const exporter = new PrometheusExporter({ preventServerStart: true });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));

const server = createServer((request, response) => answer(request, response));
server.listen(port, '127.0.0.1', () => {
  console.log(`Metrics for Prometheus: http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
});
// The application says when the process ends.
server.unref();

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/metrics') exporter.getMetricsRequestHandler(request, response);
  else response.writeHead(404).end();
}
