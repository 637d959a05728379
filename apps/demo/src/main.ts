import 'reflect-metadata';
import { readEnvironment } from './environment.js';
import { SetupError } from './setup-error.js';
import { Stage } from './stage.js';

try {
  const stage = await Stage.open(readEnvironment(process.env));
  const { userAgent } = stage.crowdsec;
  console.log(`The demo runs at ${stage.url} (agent ${userAgent}, CAPI: ${stage.capi.name}). Ctrl+C stops it.`);
  const stop = (): void => void stage.close().then(() => process.exit(0));
  process.on('SIGINT', stop).on('SIGTERM', stop);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
