/**
 * Reads a duration as Go's `time.ParseDuration` does: `24h`, `167h59m59.5s`, `-1h`, `500ms`, `.5s`, `0`.
 *
 * @returns ms, with a fraction where there is one; `undefined` for anything else, and for what Go's 64 bits of
 * nanoseconds can't hold
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseGoDuration(text: string): number | undefined {
  if (text === lastText) return lastMs;
  lastMs = readGoDuration(text);
  lastText = text;
  return lastMs;
}

/** The text read last, which is most often the next one, too. */
let lastText: string | undefined;
let lastMs: number | undefined;

function readGoDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!/^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)([a-zµμ]+)/g)) ms += Number(number) * UNIT_MS[unit!]!;
  if (ms > MAX_MS) return undefined;
  return text.startsWith('-') ? -ms : ms;
}

/** Writes a duration as Go does: `4h0m0s`, `1m30s`, `1.5s`, `250ms`, `0s`. Finer than a ms is rounded. */
export function formatGoDuration(ms: number): string {
  const total = Math.round(Math.abs(ms));
  const sign = ms < 0 && total > 0 ? '-' : '';
  if (total > 0 && total < 1000) return `${sign}${total}ms`;
  const seconds = `${(total % 60_000) / 1000}s`;
  if (total < 60_000) return sign + seconds;
  const minutes = `${Math.floor(total / 60_000) % 60}m`;
  if (total < 3_600_000) return sign + minutes + seconds;
  return `${sign}${Math.floor(total / 3_600_000)}h${minutes}${seconds}`;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5, the micro sign
  μs: 1e-3, // U+03BC, the Greek letter
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** 2^63 - 1 nanoseconds. */
const MAX_MS = 9_223_372_036_854.775;
