/** What sockets and undici say of a connection that the other side closed. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET']);

/** Failures of calls that were not answered because the connection was closed under them. */
const closed = new WeakSet<Error>();

/** Whether a call failed because LAPI closed the connection before it began to answer. */
export function wasClosed(error: unknown): boolean {
  return error instanceof Error && closed.has(error);
}

/** What is thrown in place of a failure says the same about the connection. */
export function closedAs<E extends Error>(error: E, failure: unknown): E {
  if (wasClosed(failure)) closed.add(error);
  return error;
}

/** Notes when a call fails so before its answer begins. */
export async function notingClosed<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && isClosed(error)) closed.add(error);
    throw error;
  }
}

function isClosed(error: Error, depth = 4): boolean {
  if ('code' in error && CLOSED.has(String(error.code))) return true;
  return depth > 0 && error.cause instanceof Error && isClosed(error.cause, depth - 1);
}
