const numbers = new Intl.NumberFormat('en');

export const integer = (value) => numbers.format(value);

/** A number with its noun: `1 signal`, `2,000 signals`. */
export const count = (value, noun) => `${integer(value)} ${noun}${value === 1 ? '' : 's'}`;

/** How often each of several things happened: `2 duplicate, 1 invalid`. Empty where none of them did. */
export const breakdown = (counts) =>
  Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([name, number]) => `${integer(number)} ${name}`)
    .join(', ');

export const timeOfDay = (at) => new Date(at).toLocaleTimeString('en-GB');

/** How long it is until a moment, or since. */
export function distance(at, now = Date.now()) {
  const seconds = Math.round(Math.abs(at - now) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

export const until = (at) => (at === null ? 'not planned' : at <= Date.now() ? 'now' : `in ${distance(at)}`);
export const since = (at) => (at === null ? 'never' : `${distance(at)} ago`);
