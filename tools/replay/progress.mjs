/** Tells on a terminal how far the reading of a file is, a few times a second. */
export class Progress {
  #file;
  #nextAt = 0;

  /** @param {string} file */
  constructor(file) {
    this.#file = file;
  }

  /**
   * @param {number} share of the file, 0 to 1
   * @param {number} lines so far
   */
  show(share, lines) {
    const now = performance.now();
    if (!process.stderr.isTTY || now < this.#nextAt) return;
    this.#nextAt = now + 200;
    process.stderr.write(`\r\u001b[K${this.#file}: ${Math.floor(share * 100)}%, ${lines.toLocaleString('en')} lines`);
  }

  end() {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}
