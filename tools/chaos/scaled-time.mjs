/**
 * A clock and a scheduler that run `scale` times as fast as the machine's, alike in every process that names the same epoch: the
 * moment at which both showed the same time.
 *
 * @param {number} scale
 * @param {number} epoch in ms since 1970
 * @returns {{ clock: import('@crowdsec-sdk/core').Clock, scheduler: import('@crowdsec-sdk/core').Scheduler }}
 */
export function scaledTime(scale, epoch) {
  const machineNow = () => performance.timeOrigin + performance.now();
  return {
    clock: {
      now: () => epoch + (machineNow() - epoch) * scale,
      monotonic: () => performance.now() * scale,
    },
    scheduler: {
      schedule(_name, delayMs, run) {
        const timer = setTimeout(() => void run(), delayMs / scale).unref();
        return { [Symbol.dispose]: () => clearTimeout(timer) };
      },
    },
  };
}
