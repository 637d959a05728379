/** So many texts are remembered: the hot paths of a site and the browsers of its visitors are fewer. */
const MAX_ENTRIES = 500;
/** Longer ones are tested each time, so that nobody fills the memory. */
const MAX_TEXT_CHARS = 300;

/** A test of texts that remembers those which failed it: most of a site's requests bring what others brought. */
export class NegativeCache {
  readonly #test: (text: string) => boolean;
  #negatives = new Set<string>();

  constructor(test: (text: string) => boolean) {
    this.#test = test;
  }

  /** Whether a text may pass the test: false for what is remembered. */
  mayMatch(text: string): boolean {
    return !this.#negatives.has(text);
  }

  test(text: string): boolean {
    if (!this.mayMatch(text)) return false;
    if (this.#test(text)) return true;
    if (text.length > MAX_TEXT_CHARS) return false;
    if (this.#negatives.size >= MAX_ENTRIES) this.#negatives = new Set();
    this.#negatives.add(text);
    return false;
  }
}
