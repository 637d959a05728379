/**
 * Where decisions come from: what all rows of one stream group or one list share. The rows themselves hold only its
 * number.
 */
export interface RowSource {
  /**
   * What replaces and deletes as one: the stream (`CAPI`), or one list (`blocklist:<name>`, `allowlist:<id>`). Rows
   * are told apart by it, so that deleting one feed's decision leaves the others'.
   */
  readonly feed: string;
  /** As people see it: `CAPI`, `lists:<name lower-cased>`, `crowdsec` for local decisions. */
  readonly origin: string;
  /** `ban`, `captcha` or a type of its own, in lower case. */
  readonly type: string;
  readonly scenario: string;
  /** An allowlist's: beats every decision. A blocklist that calls its type `allow` is none. */
  readonly allow: boolean;
}

/** What a row is about. Country and AS rows apply through an injected `geo(ip)`. */
export type Scope = 'ip' | 'range' | 'country' | 'as';

/** One decision that applies to an address, for explanations. */
export interface DecisionMatch {
  readonly origin: string;
  readonly type: string;
  readonly scenario: string;
  readonly allow: boolean;
  readonly scope: Scope;
  /** The address, CIDR, country code (`FR`) or AS number (`64500`) that the decision names, in canonical spelling. */
  readonly value: string;
  /** When it ends, in ms since the epoch; absent when it never does. */
  readonly expiresAt?: number;
}

/** `until` of a row that never ends, and the last second that one can end in. */
export const NEVER = 0xffff_ffff;

/** A row's `until`, in seconds, as a moment in ms; `undefined` for never. */
export function expiryOf(until: number): number | undefined {
  return until === NEVER ? undefined : until * 1000;
}

/** A moment in ms as a row's `until`: rounded up, so that nothing ends before its time. */
export function untilOf(expiresAtMs: number): number {
  return Math.max(0, Math.min(NEVER - 1, Math.ceil(expiresAtMs / 1000)));
}
