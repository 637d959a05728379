/**
 * Rows in one array of numbers: a row is its key (`words` numbers, the highest first), `source << 16 | prefix
 * length`, and when it ends in seconds since the epoch; then whatever else the holder keeps in it.
 */
export interface Rows {
  readonly data: Uint32Array;
  /** How many numbers a row takes. */
  readonly stride: number;
}

/** By first address, then the wider prefix; 0 for the same prefix. */
export function compareRows(a: Rows, rowA: number, b: Rows, rowB: number, words: number): number {
  const left = a.data;
  const right = b.data;
  const atA = rowA * a.stride;
  const atB = rowB * b.stride;
  for (let i = 0; i < words; i++) {
    if (left[atA + i] !== right[atB + i]) return left[atA + i]! < right[atB + i]! ? -1 : 1;
  }
  return (left[atA + words]! & 255) - (right[atB + words]! & 255);
}
