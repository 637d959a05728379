/** Keeps the process alive until the promise settles: the agent's own timers are unref'd. */
export async function keepProcessAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 2 ** 30);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
