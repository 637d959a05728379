/** What somebody may wait for, and somebody else settles. The promise is made for those alone who ask for it. */
export class Deferred {
  #isSettled = false;
  #promise: Promise<void> | undefined;
  #fulfil: (() => void) | undefined;

  /** Resolves once {@link resolve} is called; never rejects. */
  get promise(): Promise<void> {
    this.#promise ??= this.#isSettled
      ? Promise.resolve()
      : new Promise<void>((fulfil) => {
          this.#fulfil = fulfil;
        });
    return this.#promise;
  }

  resolve(): void {
    this.#isSettled = true;
    this.#fulfil?.();
    this.#fulfil = undefined;
  }
}
