import 'reflect-metadata';
import { PANEL_PATH } from './demo-app.js';
import { DemoServer } from './demo-server.js';
import { readEnvironment } from './environment.js';
import { SetupError } from './setup-error.js';

try {
  const opening = DemoServer.open(readEnvironment(process.env));
  const stop = (): void => {
    void opening.then((demo) => demo.close()).finally(() => process.exit());
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const { url, crowdsec, network, commandEnvironment } = await opening;
  console.log(
    `The demo runs at ${url}, the panel of its agent at ${url}${PANEL_PATH}/ (agent ${crowdsec.userAgent}, ${network.kind === 'capi' ? 'CAPI' : 'local API'}: ${network.name}). Ctrl+C stops it.`,
  );
  if (commandEnvironment !== undefined) {
    const variables = Object.entries(commandEnvironment).map(([name, value]) => `${name}=${inShell(value)}`);
    console.log(`Beside it, in another terminal: ${variables.join(' ')} npx crowdsec-sdk explain 203.0.113.1`);
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** A text as a shell reads it. */
function inShell(text: string): string {
  return /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
