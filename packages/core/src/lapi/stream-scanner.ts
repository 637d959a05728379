/** What is found in an answer of the stream. */
export interface ScannedRows {
  /** Rows of `new` or `deleted`, unchecked, some at a time. */
  rows(list: 'new' | 'deleted', rows: readonly unknown[]): void;
}

/** Rows are parsed together once their text is this long: a few tenths of a ms. */
const BATCH_CHARS = 32 * 1024;
/** A row has some 200 characters. A longer one is left out: whoever may add decisions must not be able to keep all others away. */
const MAX_ROW_CHARS = 64 * 1024;
/** What a member may have that is no list of rows. */
const MAX_MEMBER_CHARS = 64 * 1024;

type State = 'start' | 'key' | 'inKey' | 'colon' | 'value' | 'row' | 'inValue' | 'afterRow' | 'afterMember' | 'end';

/**
 * Reads the JSON of a stream answer as it comes, in pieces that end anywhere: an object with the lists `new` and `deleted`, in any order,
 * either of which may be `null` or missing; `null` alone is an answer without anything. It holds a row or so at a time, never the whole.
 *
 * Whether an answer is whole is known by {@link end} alone, so nothing of it may be put to use before.
 */
export class StreamScanner {
  readonly #found: ScannedRows;
  #state: State = 'start';
  /** The member that is being read; `undefined` for the answer itself. */
  #key: string | undefined;
  /** The list whose rows are being read. */
  #list: 'new' | 'deleted' | undefined;
  /** Of the value that is being read: what has come of it, how deep it is nested, whether we are in a string of it. */
  #text = '';
  #depth = 0;
  #isTooLong = false;
  #inString = false;
  #escaped = false;
  /** Rows that wait to be parsed, with commas between them. */
  #batch = '';
  #isFirst = true;

  constructor(found: ScannedRows) {
    this.#found = found;
  }

  /** @throws SyntaxError for what is no JSON, or no answer of the stream */
  add(text: string): void {
    for (let at = 0; at < text.length;) {
      if (this.#state === 'inValue') at = this.#readValue(text, at);
      else if (this.#state === 'inKey') at = this.#readKey(text, at);
      else {
        const code = text.charCodeAt(at);
        at = isSpace(code) ? at + 1 : this.#step(code, at);
      }
    }
  }

  /** The answer has ended. @throws SyntaxError when it has not */
  end(): void {
    if (this.#state !== 'end') throw new SyntaxError('the answer ends before its end');
  }

  /** One character between values; where to go on. */
  #step(code: number, at: number): number {
    switch (this.#state) {
      case 'start':
        if (code === OPEN_OBJECT) return this.#go('key', at + 1);
        // An answer without anything.
        return this.#beginValue(at);
      case 'key':
        if (code === CLOSE_OBJECT && this.#isFirst) return this.#go('end', at + 1);
        if (code !== QUOTE) throw unexpected(code);
        this.#isFirst = false;
        this.#text = '"';
        this.#escaped = false;
        return this.#go('inKey', at + 1);
      case 'colon':
        if (code !== COLON) throw unexpected(code);
        return this.#go('value', at + 1);
      case 'value':
        if (code === OPEN_ARRAY && (this.#key === 'new' || this.#key === 'deleted')) {
          this.#list = this.#key;
          this.#isFirst = true;
          return this.#go('row', at + 1);
        }
        this.#list = undefined;
        return this.#beginValue(at);
      case 'row':
        if (code === CLOSE_ARRAY && this.#isFirst) return this.#endList(at + 1);
        this.#isFirst = false;
        return this.#beginValue(at);
      case 'afterRow':
        if (code === CLOSE_ARRAY) return this.#endList(at + 1);
        if (code !== COMMA) throw unexpected(code);
        return this.#go('row', at + 1);
      case 'afterMember':
        if (code === CLOSE_OBJECT) return this.#go('end', at + 1);
        if (code !== COMMA) throw unexpected(code);
        return this.#go('key', at + 1);
      default:
        throw unexpected(code);
    }
  }

  #go(state: State, at: number): number {
    this.#state = state;
    return at;
  }

  #beginValue(at: number): number {
    this.#text = '';
    this.#isTooLong = false;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    return this.#go('inValue', at);
  }

  #readKey(text: string, from: number): number {
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) {
        this.#key = JSON.parse(this.#taken(text, from, at + 1)) as string;
        return this.#go('colon', at + 1);
      }
    }
    this.#text = this.#taken(text, from, text.length);
    return text.length;
  }

  /** Reads on in a value; where to go on, which is the character behind it. */
  #readValue(text: string, from: number): number {
    let [depth, inString, escaped] = [this.#depth, this.#inString, this.#escaped];
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === BACKSLASH) escaped = true;
        else if (code === QUOTE) inString = false;
      } else if (code === QUOTE) inString = true;
      else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth++;
      else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
        if (--depth < 1) return this.#endValue(this.#taken(text, from, at + 1 + depth), at + 1 + depth);
      } else if (code === COMMA && depth === 0) return this.#endValue(this.#taken(text, from, at), at);
    }
    this.#text = this.#taken(text, from, text.length);
    [this.#depth, this.#inString, this.#escaped] = [depth, inString, escaped];
    // The one value that nothing follows.
    if (this.#key === undefined && this.#text.trim() === 'null') this.#state = 'end';
    return text.length;
  }

  #endValue(value: string, at: number): number {
    if (this.#list !== undefined) {
      if (this.#isTooLong) this.#found.rows(this.#list, [TOO_LONG]);
      else this.#addRow(value);
      this.#isTooLong = false;
      return this.#go('afterRow', at);
    }
    const parsed: unknown = JSON.parse(value);
    const isList = this.#key === 'new' || this.#key === 'deleted';
    if (this.#key === undefined || (isList && parsed !== null)) throw new SyntaxError('it is no answer of the stream');
    return this.#go('afterMember', at);
  }

  #addRow(row: string): void {
    // What JSON.parse would take for two rows, or for none.
    if (row.trim() === '') throw new SyntaxError('a row is missing');
    this.#batch += this.#batch === '' ? row : `,${row}`;
    if (this.#batch.length > BATCH_CHARS) this.#hand();
  }

  #endList(at: number): number {
    this.#isFirst = false;
    this.#hand();
    return this.#go('afterMember', at);
  }

  #hand(): void {
    const rows = JSON.parse(`[${this.#batch}]`) as unknown[];
    this.#batch = '';
    if (rows.length > 0) this.#found.rows(this.#list!, rows);
  }

  /** What has come of the value or key by now. */
  #taken(text: string, from: number, to: number): string {
    const isRow = this.#list !== undefined && this.#state === 'inValue';
    const longest = isRow ? MAX_ROW_CHARS : MAX_MEMBER_CHARS;
    this.#isTooLong ||= isRow && this.#text.length + to - from > longest;
    if (this.#isTooLong) return '';
    if (this.#text.length + to - from > longest)
      throw new SyntaxError(`a part of it has more than ${longest} characters`);
    return this.#text + text.slice(from, to);
  }
}

/** Stands for a row that was not kept; no row is this. */
const TOO_LONG = null;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

function unexpected(code: number): SyntaxError {
  return new SyntaxError(`unexpected ${JSON.stringify(String.fromCharCode(code))}`);
}
