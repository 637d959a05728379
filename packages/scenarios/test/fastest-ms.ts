/** The quickest of a hundred runs, in ms: on a busy machine the others tell of the machine. */
export function fastestMs(run: () => void): number {
  const times = Array.from({ length: 100 }, () => {
    const from = performance.now();
    run();
    return performance.now() - from;
  });
  return Math.min(...times);
}
