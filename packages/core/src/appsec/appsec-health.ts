import type { AppsecFailure } from './options.js';

/** What AppSec was asked by this process, and what it said. */
export interface AppsecHealth {
  /** Where it is asked. */
  readonly url: string;
  /** Requests about which it was asked, or would have been but for their bodies. */
  readonly asked: number;
  /** What it said of them: `allow`, `ban`, `captcha`, `challenge`, or a word of the operator's own. */
  readonly actions: Readonly<Record<string, number>>;
  /** How often there was no verdict, by cause. */
  readonly failures: Readonly<Record<AppsecFailure, number>>;
  /** Requests whose bodies it did not see, or not as the application does, by reason. */
  readonly unseenBodies: Readonly<Record<UnseenBody, number>>;
  /** Present while the last call came to no verdict. */
  readonly failing?: AppsecFailureReport;
  /** The last call that came to no verdict, whatever came after it; absent before the first. */
  readonly lastFailure?: AppsecFailureReport;
}

/** Why a call came to no verdict. */
export interface AppsecFailureReport {
  readonly cause: AppsecFailure;
  readonly message: string;
  /** In ms since the epoch. */
  readonly at: number;
}

/**
 * Why AppSec did not see a body, or not as the application does.
 *
 * | reason | what happened |
 * |---|---|
 * | `large` | it is larger than `maxBodyBytes`, as received or unpacked |
 * | `stalled` | nothing more of it came for ten seconds, or there was no room for it for as long |
 * | `consumed` | a parser had read it before, and nobody kept the bytes |
 * | `packed` | its `Content-Encoding` can't be undone: it was sent as received |
 */
export type UnseenBody = 'large' | 'stalled' | 'consumed' | 'packed';
