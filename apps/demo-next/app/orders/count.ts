/** Each route has a copy of its own of every module: what they share hangs on `globalThis`. */
const place = globalThis as { orders?: number };

export function countOrder(): void {
  place.orders = ordersSoFar() + 1;
}

export function ordersSoFar(): number {
  return place.orders ?? 0;
}
