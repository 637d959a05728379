/** What a table holds of each source, counted while it is built. Ends are in seconds since the epoch. */
export class SourceStats {
  readonly counts: Uint32Array;
  readonly firstEnds: Uint32Array;
  readonly lastEnds: Uint32Array;

  /** @param sources how many there are */
  constructor(sources: number) {
    this.counts = new Uint32Array(sources);
    this.firstEnds = new Uint32Array(sources).fill(0xffff_ffff);
    this.lastEnds = new Uint32Array(sources);
  }

  note(source: number, until: number): void {
    this.counts[source]!++;
    if (until < this.firstEnds[source]!) this.firstEnds[source] = until;
    if (until > this.lastEnds[source]!) this.lastEnds[source] = until;
  }
}
