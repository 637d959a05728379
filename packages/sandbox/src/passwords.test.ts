import { scryptSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { hashPassword, passwordMatches, type PasswordHash } from './passwords.js';

const PASSWORD = 'long and random';

it('knows a password again, and no other', async () => {
  const stored = JSON.parse(JSON.stringify(hashPassword(PASSWORD))) as PasswordHash;
  expect(await passwordMatches(PASSWORD, stored)).toBe(true);
  expect(await passwordMatches(`${PASSWORD}.`, stored)).toBe(false);
});

it('knows one again that an earlier version has hashed', async () => {
  const salt = Buffer.from('salt of those days');
  const hash = scryptSync(PASSWORD, salt, 32, { N: 2_048 });
  const stored = { salt: salt.toString('base64'), hash: hash.toString('base64') };
  expect(await passwordMatches(PASSWORD, stored)).toBe(true);
  expect(await passwordMatches('another', stored)).toBe(false);
});
