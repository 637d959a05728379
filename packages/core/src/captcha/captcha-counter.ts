/** What became of the captcha in this process. */
export interface CaptchaCounts {
  /** Requests that were answered with the wall. */
  readonly shown: number;
  /** Challenges that were handed out. */
  readonly challenges: number;
  readonly solved: number;
  /** Solutions that were refused: wrong, forged, replayed, expired, or of somebody else. */
  readonly refused: number;
  /** Questions that were not answered because their client asked too often. */
  readonly limited: number;
  /** Requests that passed by a captcha that was solved before. */
  readonly passed: number;
  /** Solutions that the provider could not check. */
  readonly providerFailures: number;
}

/** Counts in place. */
export class CaptchaCounter {
  shown = 0;
  challenges = 0;
  solved = 0;
  refused = 0;
  limited = 0;
  passed = 0;
  providerFailures = 0;

  get counts(): CaptchaCounts {
    const { shown, challenges, solved, refused, limited, passed, providerFailures } = this;
    return { shown, challenges, solved, refused, limited, passed, providerFailures };
  }
}
