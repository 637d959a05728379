import { pbkdf2Sync, randomBytes, webcrypto } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { expect, it } from 'vitest';
import { PBKDF2_SCRIPT } from './pbkdf2-script.js';

type Derive = (password: Uint8Array, salt: Uint8Array, iterations: number) => Uint8Array;
type Solve = (
  parameters: object,
  progress: (tries: number) => void,
) => Promise<{ counter: number; derivedKey: string }>;

/** What the script defines, in a browser with or without WebCrypto. */
function scriptIn(globals: object): { deriveByScript: Derive; solveProofOfWork: Solve } {
  const context = { performance, setTimeout, navigator: { hardwareConcurrency: 2 }, ...globals };
  return runInNewContext(`${PBKDF2_SCRIPT}; ({ deriveByScript, solveProofOfWork })`, context) as ReturnType<
    typeof scriptIn
  >;
}

it.each([1, 2, 3, 77])('derives by JavaScript what Node derives: %d rounds', (rounds) => {
  const { deriveByScript } = scriptIn({});
  for (const [passwordBytes, saltBytes] of [
    [20, 16],
    [64, 51],
    [1, 0],
  ] as const) {
    const [password, salt] = [randomBytes(passwordBytes), randomBytes(saltBytes)];
    const expected = pbkdf2Sync(password, salt, rounds, 32, 'sha256').toString('hex');
    expect(Buffer.from(deriveByScript(password, salt, rounds)).toString('hex')).toBe(expected);
  }
});

it.each([
  ['with WebCrypto', { crypto: webcrypto }],
  ['on a page that came by plain HTTP', {}],
])('solves what Altcha asks, %s', async (_, globals) => {
  const secrets = { hmacSignatureSecret: 'a', hmacKeySignatureSecret: 'b' };
  const asked = { algorithm: 'PBKDF2/SHA-256', cost: 100, counter: 300, deriveKey, ...secrets };
  const challenge = await createChallenge(asked);
  const solution = await scriptIn(globals).solveProofOfWork(challenge.parameters, () => undefined);
  expect(solution.counter).toBe(300);
  expect(await verifySolution({ challenge, solution, deriveKey, ...secrets })).toMatchObject({ verified: true });
});
