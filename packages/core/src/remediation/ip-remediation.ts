/** What to do with an address, and whose word that is. */
export interface IpRemediation {
  /** `bypass` (nothing to do), or one of the `remediations`: `ban`, `captcha`, a type of your own. */
  readonly remediation: string;
  /**
   * `CAPI`, `lists:<name>` (of an allowlist too, with `bypass`), `crowdsec` for local decisions; or, with `bypass`:
   * `clean` for nothing to do, `invalid` for text that is not an address, `unavailable` before anything was loaded.
   */
  readonly origin: string;
  /** The scenario of the decision: what the address did; for entries of a list the name of the list. */
  readonly scenario?: string;
  /** When the decision ends, in ms since the epoch; absent when it never does. */
  readonly expiresAt?: number;
}
