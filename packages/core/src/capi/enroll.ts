/** How to attach this machine to an account of the CrowdSec console. */
export interface EnrollOptions {
  /** The enrollment key of the account, `^[a-zA-Z0-9]+$`: the console shows it. */
  readonly key: string;
  /** How the console names this machine; the host's name by default, `crowdsec-sdk` where the system does not tell it. */
  readonly name?: string;
  readonly tags?: readonly string[];
  /** Attach even if another account holds this machine. */
  readonly overwrite?: boolean;
}

/**
 * `enrolled`: the request is taken, somebody has to accept it in the console; `already-enrolled`: nothing changed.
 * A wrong key rejects with `CROWDSEC_API_STATUS`, status 403.
 */
export interface EnrollResult {
  readonly status: 'enrolled' | 'already-enrolled';
}
