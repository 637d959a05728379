import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';

/** A text of this size is parsed at once, in a millisecond or so. */
const SLICE_CHARS = 32 * 1024;
/** Each level of a large text is gone through once, so their number is limited; the stream of decisions has five. */
const MAX_LEVELS = 32;

/**
 * `JSON.parse` for large texts, in slices that leave the event loop free in between: three megabytes at once would
 * hold it for 50 ms. Finds the members of large arrays and objects, and leaves the parsing of each, or of as many as
 * make a slice, to `JSON.parse`.
 *
 * @throws SyntaxError as `JSON.parse` does, and for large texts that are nested deeper than 32 levels
 */
export async function parseJsonInSlices(text: string, yielder: EventLoopYielder): Promise<unknown> {
  return parseRange({ text, yielder }, 0, text.length, 0);
}

interface Job {
  readonly text: string;
  readonly yielder: EventLoopYielder;
}

async function parseRange(job: Job, start: number, end: number, level: number): Promise<unknown> {
  const { text } = job;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (start < end && isSpace(text.charCodeAt(end - 1))) end--;
  const open = text.charCodeAt(start);
  const closes = text.charCodeAt(end - 1) === (open === OPEN_ARRAY ? CLOSE_ARRAY : CLOSE_OBJECT);
  if (end - start <= SLICE_CHARS || (open !== OPEN_ARRAY && open !== OPEN_OBJECT) || !closes) {
    return JSON.parse(text.slice(start, end)) as unknown;
  }
  const members = new MemberScanner(text, start + 1, end - 1, MAX_LEVELS - level - 1);
  return open === OPEN_ARRAY ? parseArray(members, job, level) : parseObject(members, job, level);
}

async function parseArray(members: MemberScanner, job: Job, level: number): Promise<unknown[]> {
  const items: unknown[] = [];
  while (await members.next(job.yielder)) {
    const { text, start, end, isLarge } = members;
    if (isLarge) items.push(await parseRange(job, start, end, level + 1));
    else items.push(...(JSON.parse(`[${text.slice(start, end)}]`) as unknown[]));
  }
  return items;
}

async function parseObject(members: MemberScanner, job: Job, level: number): Promise<object> {
  const entries: [string, unknown][] = [];
  while (await members.next(job.yielder)) {
    const { text, start, end, isLarge } = members;
    if (!isLarge) {
      entries.push(...Object.entries(JSON.parse(`{${text.slice(start, end)}}`) as object));
      continue;
    }
    const colon = text.indexOf(':', endOfString(text, text.indexOf('"', start)));
    const [key] = Object.keys(JSON.parse(`{${text.slice(start, colon)}:0}`) as object);
    entries.push([key!, await parseRange(job, colon + 1, end, level + 1)]);
  }
  return Object.fromEntries(entries);
}

/** Finds the members of an array or object: many small ones at a time, or a large one alone. */
class MemberScanner {
  readonly text: string;
  /** Where the members found last begin and end, commas between them included. */
  start = 0;
  end = 0;
  isLarge = false;
  /** Where the next member begins; beyond the last one when there are none left. */
  #next: number;
  readonly #first: number;
  readonly #limit: number;
  /** How many levels a member may have. */
  readonly #levels: number;

  constructor(text: string, start: number, limit: number, levels: number) {
    this.text = text;
    this.#next = start;
    this.#first = start;
    this.#limit = limit;
    this.#levels = levels;
  }

  async next(yielder: EventLoopYielder): Promise<boolean> {
    if (this.#next > this.#limit) return false;
    this.start = this.#next;
    this.end = -1;
    do {
      const comma = await this.#endOfMember(this.#next, yielder);
      // A large member does not share a slice with the small ones before it.
      if (comma - this.start > SLICE_CHARS && this.end >= 0) break;
      this.end = comma;
      this.#next = comma + 1;
    } while (this.end - this.start < SLICE_CHARS && this.#next <= this.#limit);
    this.isLarge = this.end - this.start > SLICE_CHARS;
    // A comma with nothing beside it, at the border of a slice.
    const isAlone = this.start === this.#first && this.end === this.#limit;
    if (!isAlone && this.text.slice(this.start, this.end).trim() === '')
      throw new SyntaxError('Unexpected comma in JSON');
    if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    return true;
  }

  async #endOfMember(at: number, yielder: EventLoopYielder): Promise<number> {
    const { text } = this;
    let depth = 0;
    let checkAt = at + SLICE_CHARS;
    for (; at < this.#limit; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) at = endOfString(text, at);
      else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
        if (++depth > this.#levels) throw new SyntaxError(`JSON that is nested deeper than ${MAX_LEVELS} levels`);
      } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
      else if (code === COMMA && depth === 0) return at;
      if (at > checkAt) {
        checkAt = at + SLICE_CHARS;
        if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
      }
    }
    return this.#limit;
  }
}

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** The closing quote of the string that opens at `at`, or the end of a text that never closes it. */
function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return text.length;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}
