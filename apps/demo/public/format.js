const number = new Intl.NumberFormat('en');
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const count = (value, one, many = `${one}s`) => `${number.format(value)} ${value === 1 ? one : many}`;

export const integer = (value) => number.format(value);

/** The time of the day of a moment. */
export const timeOfDay = (at) => clock.format(at);

/** How long it is until a moment, as `0:42`, `1:02:30`, `now`; a dash when there is none. */
export function until(at) {
  if (at === null || at === undefined) return '–';
  const seconds = Math.ceil((at - Date.now()) / 1000);
  if (seconds <= 0) return 'now';
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
