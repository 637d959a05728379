/**
 * The body of an answer, chunk by chunk. When the signal is aborted the body is cancelled, so that the connection ends, whether or not
 * `fetch` listens to its signal; and so it is when whoever reads it stops before its end.
 */
export async function* bodyOf({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    if (signal.aborted) return;
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}
