/** A situation: what is pulled, when, and what a lookup must say then. The clock starts at 2026-11-22T12:15:27Z. */
export interface Case {
  readonly id: string;
  readonly about: string;
  readonly config?: {
    readonly remediations?: readonly string[];
    readonly fallbackRemediation?: string;
    readonly bouncingLevel?: string;
    /** Seconds to the next refresh; four hours by default. */
    readonly refreshSeconds?: number;
    /** `works`: 81.2.69.142 and 2.125.160.216 are in GB, 216.160.83.56 in the US. `fails`: it throws. */
    readonly geo?: string;
  };
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly step: 'pull'; readonly answer: unknown; readonly lists: Lists; readonly expected: string }
  | { readonly step: 'get'; readonly ip: string; readonly expected: string }
  | { readonly step: 'left'; readonly ip: string; readonly expected: string }
  | { readonly step: 'sleep'; readonly seconds: number }
  | { readonly step: 'construct'; readonly expected: string }
  | { readonly step: 'clear' };

export type Lists = Readonly<Record<string, string | ListAnswer>>;

export interface ListAnswer {
  readonly status?: number;
  readonly body?: string;
  /** Answers 304 when asked with `If-Modified-Since`. */
  readonly ims304?: boolean;
  /** Cuts the connection. */
  readonly reset?: boolean;
}

/**
 * A pull: the stream's answer, what each list answers (a text is a 200), and which lists must be asked for, with the
 * status that they answer and `+IMS` when they are asked with `If-Modified-Since`. `error`: the pull must fail.
 */
export const pull = (answer: unknown, lists: Lists = {}, expected = ''): Step => ({
  step: 'pull',
  answer,
  lists,
  expected,
});

/** A lookup: `remediation (origin)`. */
export const get = (ip: string, expected: string): Step => ({ step: 'get', ip, expected });

/** The decisions about an address with the seconds that they have left. */
export const left = (ip: string, expected: string): Step => ({ step: 'left', ip, expected });

export const sleep = (seconds: number): Step => ({ step: 'sleep', seconds });

/** The engine is built with the config: the order of remediations, or `error`. */
export const construct = (expected: string): Step => ({ step: 'construct', expected });

/** All that is held is lost. */
export const clear = (): Step => ({ step: 'clear' });

/** A group of `new` decisions. */
export const bans = (scope: string, values: string | readonly string[], duration = '24h'): unknown => ({
  scenario: 'crowdsecurity/http-bf',
  scope,
  decisions: [values].flat().map((value) => ({ value, duration })),
});

/** The link of a blocklist. */
export const blocklist = (name: string, details: Readonly<Record<string, string>> = {}): unknown => ({
  name,
  url: `{FAKE}/list/${encodeURIComponent(name)}`,
  remediation: 'ban',
  scope: 'ip',
  duration: '24h',
  ...details,
});

/** The link of an allowlist. */
export const allowlist = (name: string): unknown => ({
  id: `id-${name}`,
  name,
  description: 'd',
  url: `{FAKE}/list/${name}`,
});
