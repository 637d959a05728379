import type { Call } from './calls.js';

/** How much of a target or a machine id is printed, in characters. A target may be as long as a request's head. */
const MAX_TEXT = 200;

/**
 * A call as the command prints it: time (UTC, by the sandbox's clock), method, target, status, machine, and how many signals it
 * carried. It is one line whatever the call holds.
 *
 * @example
 * `15:04:05.123 POST /v3/signals 200 machine 4f2c… 3 signals`
 */
export function callLine({ at, method, target, status, cut, machineId, signals }: Call): string {
  const answer = cut === undefined ? String(status) : `${status ?? 'no answer,'} connection cut ${cut} the answer`;
  return [
    new Date(at).toISOString().slice(11, 23),
    method,
    printable(target),
    answer,
    ...(machineId === undefined ? [] : [`machine ${printable(machineId)}`]),
    ...(signals === undefined ? [] : [`${signals} ${signals === 1 ? 'signal' : 'signals'}`]),
  ].join(' ');
}

/** Without characters that end a line or steer a terminal: clients write what they like. */
function printable(text: string): string {
  const shown = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}
