/**
 * The process of `sandbox-process.mjs`: a sandbox that its parent asks by messages. Its argument is the URL of the module of
 * `@crowdsec-sdk/sandbox`.
 */
import process from 'node:process';

/** @type {typeof import('@crowdsec-sdk/sandbox')} */
const { startSandbox } = await import(process.argv[2] ?? '');
const sandbox = await startSandbox({ lapi: true, loginBurst: false });

/** @param {import('./sandbox-process.mjs').Question} question */
function answer({ ask, values }) {
  if (ask === 'ban') sandbox.decisions.add((values ?? []).map((value) => ({ value })));
  const { signals, machines } = sandbox;
  return { signals: signals.map(({ signal }) => signal), machines: machines.map(({ machineId }) => machineId) };
}

process.on('message', (/** @type {import('./sandbox-process.mjs').Question} */ question) =>
  process.send?.({ id: question.id, state: answer(question) }),
);
// Its parent ended or let go of it.
process.on('disconnect', () => void sandbox.stop());
process.send?.({ url: sandbox.url });
