#!/usr/bin/env node
import { processIo } from './io.js';
import { run } from './run.js';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
// Whoever read the output has gone, as `head` does: nothing is left to say.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.stderr.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), processIo(), interrupted.signal);
if (interrupted.signal.aborted) process.exit();
