'use server';

import { withCrowdsec } from '@crowdsec-sdk/next';

/** Guarded by itself: it stays so where no proxy matches. */
export const sign = withCrowdsec(async (_before: string, form: FormData) => {
  const name = form.get('name');
  return Promise.resolve(`Welcome, ${typeof name === 'string' ? name : 'stranger'}`);
});
