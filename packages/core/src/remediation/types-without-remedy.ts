import type { Policy } from './policy.js';

interface HeldDecision {
  readonly type: string;
  readonly allow?: boolean;
}

/**
 * Types of held decisions whose clients are let in: no remedy serves what they come to, or `remediations` names neither
 * them nor a fallback. With `bouncingLevel: 'disabled'` that is meant, and no type is.
 */
export function typesWithoutRemedy(
  held: Iterable<HeldDecision>,
  policy: Policy,
  isLetIn: (remediation: string) => boolean,
): readonly string[] {
  if (policy.isDisabled) return [];
  const types = new Set<string>();
  for (const { type, allow } of held) {
    if (allow !== true && type !== 'bypass') types.add(type);
  }
  return [...types].filter((type) => {
    const remediation = policy.remediationOf(type);
    return remediation === 'bypass' || isLetIn(remediation);
  });
}

/** What that means, and what to do. */
export function withoutRemedy(type: string): string {
  return (
    `Held decisions of type ${type} have no remedy, so their clients are let in. Give one (options.remedies) for what they come to ` +
    '(options.remediations, fallbackRemediation, bouncingLevel), or set onUnhandled to "block".'
  );
}
