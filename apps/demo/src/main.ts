import 'reflect-metadata';
import { readEnvironment } from './environment.js';
import { SetupError } from './setup-error.js';
import { Stage } from './stage.js';

try {
  const opening = Stage.open(readEnvironment(process.env));
  const stop = (): void => {
    void opening.then((stage) => stage.close()).finally(() => process.exit());
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const { url, crowdsec, capi } = await opening;
  console.log(`The demo runs at ${url} (agent ${crowdsec.userAgent}, CAPI: ${capi.name}). Ctrl+C stops it.`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
