import { CrowdsecError, isCrowdsecError, messageOf } from '../errors.js';

/** What to do about the errors that a file system answers most often. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the disk quota is used up: free some space',
  EACCES: 'access is denied: let this user read and write there, or set `stateDir` to another folder',
  EPERM: 'access is denied: let this user read and write there, or set `stateDir` to another folder',
  EROFS: 'the file system is read-only: set `stateDir` to a folder that can be written',
  EMFILE: 'too many files are open: raise the limit of open files',
  ENOTDIR: 'a part of the path is no folder: set `stateDir` to a folder',
};

/**
 * Whatever a store threw, as `CROWDSEC_STORE_UNAVAILABLE` with what to do.
 *
 * @param store the description of the store
 * @param task what could not be done, as `read 'credentials'`
 */
export function storeUnavailable(store: string, task: string, error: unknown): CrowdsecError {
  if (isCrowdsecError(error)) return error;
  const advice = ADVICE[codeOf(error) ?? ''];
  const reason = advice === undefined ? messageOf(error) : `${advice} (${messageOf(error)})`;
  return new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', `The store (${store}) could not ${task}: ${reason}`, {
    cause: error,
  });
}

/** The store did not answer in time. */
export function storeTooSlow(store: string, task: string, deadlineMs: number): CrowdsecError {
  const message = `The store (${store}) could not ${task} within ${deadlineMs} ms: check that it runs and can be reached`;
  return new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', message);
}

/** The code of an error of Node, as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
