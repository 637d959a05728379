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
 * @param trouble what the connection to it last failed with
 */
export function storeUnavailable(store: string, task: string, error: unknown, trouble?: string): CrowdsecError {
  if (isCrowdsecError(error)) return error;
  const advice = ADVICE[codeOf(error) ?? ''];
  const said = messageOf(error);
  const cause = trouble === undefined || said.includes(trouble) ? said : `${trouble} (${said})`;
  const reason = advice === undefined ? withRedisAdvice(cause) : `${advice} (${said})`;
  return new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', `The store (${store}) could not ${task}: ${reason}`, {
    cause: error,
  });
}

/** The store did not answer in time, for what the connection to it last failed with, if it did. */
export function storeTooSlow(
  store: string,
  task: string,
  { deadlineMs, trouble }: { readonly deadlineMs: number; readonly trouble: string | undefined },
): CrowdsecError {
  const why = trouble === undefined ? 'check that it runs and can be reached' : withRedisAdvice(trouble);
  const message = `The store (${store}) could not ${task} within ${deadlineMs} ms: ${why}`;
  return new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', message);
}

/** What to do about what a connection to Redis fails with. */
const REDIS_ADVICE: readonly (readonly [RegExp, string])[] = [
  [/\b(?:WRONGPASS|NOAUTH)\b/, 'check user and password in the URL of the store'],
  [/\bNOPERM\b/, 'give the user of the URL the rights to run scripts and to use these keys'],
  [/\b(?:ENOTFOUND|EAI_AGAIN)\b/, 'check the host in the URL of the store, and the DNS of this machine'],
  [/\b(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)\b/, 'check that it runs and listens there'],
  [/Connection timeout/, 'check that it can be reached, and whether it speaks TLS (rediss://) or does not (redis://)'],
  [/certificate/i, 'give the certificate of its authority to Node by NODE_EXTRA_CA_CERTS'],
  [
    /\b(?:EPROTO|wrong version number|packet length too long|ERR_SSL_\w+)\b/i,
    'use rediss:// where it speaks TLS, redis:// where it does not',
  ],
];

function withRedisAdvice(trouble: string): string {
  const [, advice] = REDIS_ADVICE.find(([pattern]) => pattern.test(trouble)) ?? [];
  return advice === undefined ? trouble : `${trouble.replace(/\.$/, '')}: ${advice}`;
}

/** The code of an error of Node, as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
