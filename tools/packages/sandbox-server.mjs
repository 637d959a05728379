/**
 * The process of `sandbox-process.mjs`: a sandbox that its parent asks by messages. Its arguments are the URL of the module of
 * `@crowdsec-sdk/sandbox` and the path of the unix socket that its local API listens on.
 */
import { randomUUID } from 'node:crypto';
import process from 'node:process';

/**
 * @typedef {import('./sandbox-process.mjs').Question} Question
 * @typedef {import('./sandbox-process.mjs').Engine} Engine
 */

/** AppSec refuses requests with this in their body. */
const ATTACK = 'attack';

const [module = '', socket = ''] = process.argv.slice(2);
/** @type {typeof import('@crowdsec-sdk/sandbox')} */
const { startSandbox } = await import(module);
const appsecKey = randomUUID();
const sandbox = await startSandbox({ lapi: { socket }, appsec: { apiKeys: [appsecKey] }, loginBurst: false });
sandbox.appsec?.answerWith(({ body }) => ({ action: body.includes(ATTACK) ? 'ban' : 'allow' }));

/** @param {Question} question */
function answer({ ask, values = [] }) {
  if (ask === 'engine') return engine();
  if (ask === 'ban') {
    sandbox.decisions.add(values.map((value) => ({ value })));
    sandbox.lapi?.decisions.add(values.map((value) => ({ value, duration: '4h' })));
  }
  return {
    signals: sandbox.signals.map(({ signal }) => signal),
    alerts: sandbox.lapi?.alerts.map(({ body }) => body) ?? [],
    machines: sandbox.machines.map(({ machineId }) => machineId),
  };
}

/** @returns {Engine} */
function engine() {
  const name = randomUUID();
  const machine = { machineId: name, password: randomUUID() };
  sandbox.lapi?.addMachine(machine);
  return {
    lapi: { url: sandbox.lapi?.url ?? '', apiKey: sandbox.lapi?.addBouncer(name) ?? '', machine },
    appsec: { url: sandbox.appsec?.url ?? '', apiKey: appsecKey },
  };
}

process.on('message', (/** @type {Question} */ question) =>
  process.send?.({ id: question.id, answer: answer(question) }),
);
// Its parent ended or let go of it.
process.on('disconnect', () => void sandbox.stop());
process.send?.({ url: sandbox.url });
