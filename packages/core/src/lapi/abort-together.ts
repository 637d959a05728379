/** Aborts a controller as soon as one of the signals is; the result detaches it from them. */
export function abortTogether(controller: AbortController, signals: readonly AbortSignal[]): () => void {
  const listeners = signals.map((signal) => {
    const abort = (): void => controller.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  });
  return () => listeners.forEach((detach) => detach());
}
