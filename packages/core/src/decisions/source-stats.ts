/** What a table holds of each source, counted while it is built. Ends are in seconds since the epoch. */
export class SourceStats {
  readonly counts: Uint32Array;
  readonly firstEnds: Uint32Array;
  readonly lastEnds: Uint32Array;

  constructor(counts: Uint32Array, firstEnds: Uint32Array, lastEnds: Uint32Array) {
    this.counts = counts;
    this.firstEnds = firstEnds;
    this.lastEnds = lastEnds;
  }

  /** Of so many sources, before the first row. */
  static blank(sources: number): SourceStats {
    return new SourceStats(
      new Uint32Array(sources),
      new Uint32Array(sources).fill(0xffff_ffff),
      new Uint32Array(sources),
    );
  }

  note(source: number, until: number): void {
    this.counts[source]!++;
    if (until < this.firstEnds[source]!) this.firstEnds[source] = until;
    if (until > this.lastEnds[source]!) this.lastEnds[source] = until;
  }

  /** The expiry of a row of the source has changed; 0 means that the row is deleted and no longer counted. */
  changeEnd(source: number, before: number, until: number): void {
    if (before > 0) this.counts[source]!--;
    if (until > 0) this.note(source, until);
  }
}
