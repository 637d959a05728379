/** A longer line is no entry of any list. */
const MAX_LINE_CHARS = 64 * 1024;

/**
 * Cuts text that comes in pieces into lines and hands out the borders of each, trimmed: no line is copied. Blank
 * lines are passed over; CRLF and a last line without an end are fine.
 */
export class LineReader {
  #rest = '';
  /** Within a line that is too long: what comes up to its end is thrown away. */
  #skipping = false;

  /** Takes a piece and calls `line` for each line that it completes; returns how many were too long. */
  push(piece: string, line: (text: string, start: number, end: number) => void): number {
    let tooLong = 0;
    const text = this.#rest + piece;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      if (end - start > MAX_LINE_CHARS) tooLong++;
      else if (!this.#skipping) emit(text, start, end, line);
      this.#skipping = false;
      start = end + 1;
    }
    this.#rest = this.#skipping ? '' : text.slice(start);
    if (this.#rest.length > MAX_LINE_CHARS) {
      tooLong++;
      this.#skipping = true;
      this.#rest = '';
    }
    return tooLong;
  }

  /** The last line, if the text does not end with a line's end. */
  finish(line: (text: string, start: number, end: number) => void): void {
    emit(this.#rest, 0, this.#rest.length, line);
    this.#rest = '';
  }
}

function emit(
  text: string,
  start: number,
  end: number,
  line: (text: string, start: number, end: number) => void,
): void {
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  if (start < end) line(text, start, end);
}
