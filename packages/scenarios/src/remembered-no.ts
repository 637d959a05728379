/** So many texts are remembered: the hot paths of a site and the browsers of its visitors are fewer. */
const REMEMBERED = 500;
/** Longer ones are asked about each time, so that nobody fills the memory. */
const LONGEST = 300;

/** A question about texts that remembers those which were answered with no: most of a site's requests bring what others brought. */
export class RememberedNo {
  readonly #is: (text: string) => boolean;
  #innocent = new Set<string>();

  constructor(is: (text: string) => boolean) {
    this.#is = is;
  }

  /** Whether the answer may be yes: false for what is remembered. */
  mayBe(text: string): boolean {
    return !this.#innocent.has(text);
  }

  is(text: string): boolean {
    if (!this.mayBe(text)) return false;
    if (this.#is(text)) return true;
    if (text.length > LONGEST) return false;
    if (this.#innocent.size >= REMEMBERED) this.#innocent = new Set();
    this.#innocent.add(text);
    return false;
  }
}
