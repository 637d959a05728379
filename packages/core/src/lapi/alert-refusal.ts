/**
 * Errors of the engine's database, which pass: they are looked for first, since the engine ends them by texts such as `unable to insert
 * bulk`.
 */
const PASSING =
  /database is locked|deadlock|lock wait timeout|timed? ?out|deadline exceeded|context canceled|connection|broken pipe|\bEOF\b|no space|disk|read-?only|starting up|shutting down|unable to (query|begin|commit|connect)/i;

/**
 * What is in the call is wrong, for good: the engine answers 500 to that, too. The last ones are what its databases say of texts that they
 * can't hold.
 */
const CONTENT =
  /validation failure|invalid|unable to (convert|parse|serialize|unmarshal)|cannot unmarshal|doesn'?t exist|too long|too large|too many|incorrect string value|out of range|constraint failed|must be/i;

/** What an error of `POST /v1/alerts` is about. */
export type AlertsErrorKind =
  /** What is in the call: sent again it is refused again. */
  | 'content'
  /** The engine, its database or what stands before it. */
  | 'passing'
  /** Nobody can tell. */
  | 'unknown';

/**
 * Tells what an error is about, by its status and by what the engine says.
 *
 * @param said the `message` of the answer; `undefined` when it has none, so that it is not an engine's
 */
export function alertsErrorKind(status: number | undefined, said: string | undefined): AlertsErrorKind {
  // Too large for a proxy, or for the engine.
  if (status === 413) return 'content';
  if (said === undefined || said === '') return 'passing';
  if (status === 400 || status === 422) return 'content';
  if (status !== 500) return 'passing';
  if (PASSING.test(said)) return 'passing';
  return CONTENT.test(said) ? 'content' : 'unknown';
}
