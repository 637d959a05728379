import { describe, expect, it } from 'vitest';
import { CrowdsecError } from '../errors.js';
import { storeUnavailable } from './store-error.js';

const failure = (code: string): Error => Object.assign(new Error(`${code}: it failed, open '/state/x'`), { code });

describe('an error of the store', () => {
  it.each([
    ['ENOSPC', /disk is full: free some space/],
    ['EDQUOT', /quota is used up/],
    ['EACCES', /let this user read and write there, or set `stateDir`/],
    ['EROFS', /set `stateDir` to a folder that can be written/],
    ['EIO', /EIO: it failed/],
  ])('%s says what could not be done, where, and what to do', (code, advice) => {
    const cause = failure(code);
    const error = storeUnavailable('files in /state', `write 'token'`, cause);
    expect(error).toMatchObject({ code: 'CROWDSEC_STORE_UNAVAILABLE', cause });
    expect(error.message).toContain(`The store (files in /state) could not write 'token'`);
    expect(error.message).toMatch(advice);
  });

  it('that has a code of ours keeps it', () => {
    const error = new CrowdsecError('CROWDSEC_LEASE_BUSY', 'busy');
    expect(storeUnavailable('memory', 'write', error)).toBe(error);
  });
});
