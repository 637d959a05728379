import type * as z from 'zod';
import { IGNORED } from '../decisions/decision-index.js';
import type { remediationOptions } from './remediation-options.js';

/** Weighs decisions: a rank for each type, 1 for the strongest; an allowlist's is 0. */
export class Policy {
  /** The types that are acted on, strongest first. */
  readonly remediations: readonly string[];
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #fallback: string;
  readonly #level: 'normal' | 'flex' | 'disabled';

  constructor(options: Omit<z.output<typeof remediationOptions>, 'geo' | 'ignore'>) {
    this.remediations = options.remediations;
    this.#ranks = new Map(options.remediations.map((type, i) => [type, i + 1]));
    this.#fallback = options.fallbackRemediation;
    this.#level = options.bouncingLevel;
  }

  /** Nothing is acted on. */
  get isDisabled(): boolean {
    return this.#level === 'disabled';
  }

  rankOfSource({ allow, type }: { readonly allow: boolean; readonly type: string }): number {
    return allow ? 0 : this.rankOfType(type);
  }

  readonly rankOfType = (type: string): number => {
    if (this.#level === 'disabled') return IGNORED;
    return this.#ranks.get(this.#known(type)) ?? IGNORED;
  };

  /** What is done about a decision of this type. */
  remediationOf(type: string): string {
    const known = this.#known(type);
    if (this.#level !== 'flex') return known;
    const captcha = this.#ranks.get('captcha') ?? IGNORED;
    return known === 'ban' || this.rankOfType(known) < captcha ? 'captcha' : known;
  }

  #known(type: string): string {
    return type === 'bypass' || this.#ranks.has(type) ? type : this.#fallback;
  }
}
