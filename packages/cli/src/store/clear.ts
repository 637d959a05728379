/** What can be forgotten, and what that means. */
export const CLEARABLE = {
  decisions: 'the decisions of the network and of lists; the next pull brings them anew',
  'local-decisions': 'the decisions of this installation, which are lifted in all its processes',
  signals: 'the signals that wait to be sent',
  quarantine: 'the signals that the network refused',
  token: 'the token: the next call logs in',
} as const;

export type ClearablePart = keyof typeof CLEARABLE;

export interface ClearFlags {
  readonly what: readonly ClearablePart[];
  readonly yes?: true;
}
