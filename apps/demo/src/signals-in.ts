/** How many signals the body of a call carries, and how many of them tell of a decision. */
export function signalsIn(body: unknown): { readonly signals: number; readonly decisions: number } {
  const signals: readonly unknown[] = Array.isArray(body) ? body : [];
  return { signals: signals.length, decisions: signals.filter(hasDecisions).length };
}

function hasDecisions(signal: unknown): boolean {
  if (typeof signal !== 'object' || signal === null || !('decisions' in signal)) return false;
  return Array.isArray(signal.decisions) && signal.decisions.length > 0;
}
