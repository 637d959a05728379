/** What LAPI said in the answers that errors are about. */
const said = new WeakMap<Error, string>();

/** The `message` of LAPI's answer, whole; `undefined` when it had none, so that it may not have been LAPI's. */
export function saidBy(error: Error): string | undefined {
  return said.get(error);
}

/** Notes what an answer said with the error that is made of it. */
export function noteSaid<E extends Error>(error: E, body: string): E {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    if (typeof message === 'string') said.set(error, message);
  } catch {
    // Not JSON, or null: not LAPI's.
  }
  return error;
}
