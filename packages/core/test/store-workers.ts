import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { buildWorker } from './build-worker.js';
import type { StorePlace } from './store-place.js';
import type { Task, Told } from './store-worker.js';

/** A process of its own that works on a store. */
export interface Worker {
  /** All that it has told so far. */
  readonly told: readonly Told[];
  /** What it tells next. */
  next(): Promise<Told>;
  /** Ends it at once, without a chance to tidy up. */
  kill(): Promise<void>;
}

export interface Workers {
  start(place: StorePlace, task: Task): Worker;
  /** Ends all that still run. */
  dispose(): Promise<void>;
}

/** Makes plain JavaScript of the worker, which any Node can run, and starts processes of it. */
export async function storeWorkers(): Promise<Workers> {
  const { folder, script } = await buildWorker('store-worker');
  const children = new Set<ChildProcess>();
  const kill = async (child: ChildProcess): Promise<void> => {
    children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    start(place, task) {
      const child = fork(script, [JSON.stringify(place), JSON.stringify(task)], {
        execArgv: [],
      });
      children.add(child);
      const told: Told[] = [];
      child.on('message', (message) => told.push(message as Told));
      return {
        told,
        next: () =>
          new Promise((resolve, reject) => {
            child.once('message', (message) => resolve(message as Told));
            // Its exit may be known before what it has told last is read; the end of the channel comes after that.
            child.once('disconnect', () =>
              reject(new Error(`the worker ended (${child.exitCode ?? child.signalCode})`)),
            );
          }),
        kill: () => kill(child),
      };
    },
    async dispose() {
      for (const child of [...children]) await kill(child);
      await rm(folder, { recursive: true });
    },
  };
}
