/** How the stand-in for an engine's local API behaves. Everything has a default. */
export interface LapiOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Listens on this unix socket instead of a port. */
  readonly socket?: string;
  /** Which engine's wire format is spoken: the newest, or that of 1.4.6 (`null` for nothing, other key order). */
  readonly engine?: 'newest' | '1.4.6';
  /** Whether the default profile bans for four hours what an alert asks to remediate; default true. */
  readonly profiles?: boolean;
  /** How long a machine's token is good for, in ms; default one hour. */
  readonly tokenLifeMs?: number;
  /** How many calls are remembered; default 10,000. */
  readonly maxCalls?: number;
}
