import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { buildWorker } from './build-worker.js';
import { hangingServer } from './hanging-server.js';
import { removeFolder } from './remove-folder.js';

it('ends every kind of work that hangs, in a process whose heap churns', async () => {
  await using server = await hangingServer();
  const { folder, script } = await buildWorker('deadline-worker');
  const child = fork(script, [server.url], { execArgv: ['--max-old-space-size=96', '--max-semi-space-size=1'] });
  const ended: string[] = [];
  try {
    const wanted = [
      'answer of a remedy',
      'call by a fetch that ignores its signal',
      'call by the global fetch',
      'call that is not answered',
      'call to the store',
      'call whose answer dribbles',
      'list by a fetch that ignores its signal',
      'list that dribbles',
      'list that is not answered',
    ];
    const all = new Promise<void>((resolve, reject) => {
      child.on('message', (name: string) => {
        ended.push(name);
        if (ended.length === wanted.length) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the process ended with ${code ?? 'a signal'}`)));
      setTimeout(resolve, 20_000).unref();
    });
    await all;
    expect(ended.toSorted()).toEqual(wanted);
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await removeFolder(folder);
  }
});
