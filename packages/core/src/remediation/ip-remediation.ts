/** What to do with an address, and whose word that is. */
export interface IpRemediation {
  /** `bypass` (nothing to do), or one of the `remediations`: `ban`, `captcha`, a type of your own. */
  readonly remediation: string;
  /**
   * `CAPI`, `lists:<name>` (of an allowlist too, with `bypass`), `crowdsec` for local decisions; or, with `bypass`:
   * `clean` for nothing to do, `invalid` for text that is not an address, `unavailable` before anything was loaded.
   */
  readonly origin: string;
  /** What the address did, as the decision tells; the name of the list for its entries. */
  readonly scenario?: string;
  /** When the decision ends, in ms since the epoch; absent when it never does. */
  readonly expiresAt?: number;
}
