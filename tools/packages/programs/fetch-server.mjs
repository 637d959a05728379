/** An application on Hono, served by Bun or Deno themselves. */
import { crowdsecMiddleware } from '@crowdsec-sdk/hono';
import { Hono } from 'hono';
import { given, steps } from './steps.mjs';

/**
 * What Bun and Deno have, as far as it is used here.
 *
 * @typedef {(request: Request) => Response | Promise<Response>} Handler
 * @typedef {{ serve(options: { port: number, hostname: string, fetch: Handler }): { port: number, stop(force: boolean): Promise<void> } }} Bun
 * @typedef {{ serve(options: { port: number, hostname: string, onListen: () => void }, handler: Handler): { addr: { port: number }, shutdown(): Promise<void> } }} Deno
 */

const told = given();
const guard = crowdsecMiddleware(told.options);
const app = new Hono().use(guard).post('/', async (context) => context.text(await context.req.text()));
const { port, close } = serve((request) => app.fetch(request));
await steps(told, { crowdsec: guard.crowdsec, url: `http://127.0.0.1:${port}/`, close });

/**
 * @param {Handler} fetch
 * @returns {{ port: number, close: () => Promise<unknown> }}
 */
function serve(fetch) {
  const { Bun: bun, Deno: deno } = /** @type {{ Bun?: Bun, Deno?: Deno }} */ (/** @type {unknown} */ (globalThis));
  const where = { port: 0, hostname: '127.0.0.1' };
  if (bun !== undefined) {
    const server = bun.serve({ ...where, fetch });
    return { port: server.port, close: () => server.stop(true) };
  }
  if (deno === undefined) throw new Error('Neither Bun nor Deno runs this.');
  const server = deno.serve({ ...where, onListen: () => undefined }, fetch);
  return { port: server.addr.port, close: () => server.shutdown() };
}
