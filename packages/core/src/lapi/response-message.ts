/** What LAPI said in the answers that errors are about. */
const messages = new WeakMap<Error, string>();

/** The `message` of LAPI's answer, whole; `undefined` when it had none, so that it may not have been LAPI's. */
export function responseMessageOf(error: Error): string | undefined {
  return messages.get(error);
}

/** Notes what an answer said with the error that is made of it. */
export function withResponseMessage<E extends Error>(error: E, body: string): E {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    if (typeof message === 'string') messages.set(error, message);
  } catch {
    // Not JSON, or null: not LAPI's.
  }
  return error;
}
