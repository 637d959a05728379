import { openSync, readSync } from 'node:fs';

/**
 * CPU time that this thread has used, in ms since an arbitrary moment.
 *
 * Node tells it from 22.19 and 23.9 on. Before, Linux does; elsewhere only that of the process is known, which includes its other
 * threads and is an upper bound.
 */
export const threadCpuTime: () => number = fromNode() ?? fromLinux() ?? (() => milliseconds(process.cpuUsage()));

function fromNode(): (() => number) | undefined {
  const threadCpuUsage: unknown = Reflect.get(process, 'threadCpuUsage');
  if (typeof threadCpuUsage !== 'function') return undefined;
  return () => milliseconds(threadCpuUsage.call(process) as NodeJS.CpuUsage);
}

function fromLinux(): (() => number) | undefined {
  try {
    // Kept open: to open it takes ten times as long as to read it. Node closes it with the thread.
    const file = openSync('/proc/thread-self/schedstat', 'r');
    return nanosecondsOnCpu(file) > 0 ? () => nanosecondsOnCpu(file) / 1_000_000 : undefined;
  } catch {
    return undefined;
  }
}

const line = Buffer.alloc(128);

/** The first number of this file; see the section on schedstats in Linux's documentation of `/proc`. */
function nanosecondsOnCpu(file: number): number {
  return Number.parseInt(line.toString('latin1', 0, readSync(file, line, 0, line.length, 0)), 10);
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}
