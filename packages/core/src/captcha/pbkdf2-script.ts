/**
 * The part of the wall's script that does the work: the number whose key begins as the challenge says. By WebCrypto, which derives in
 * threads of its own; by JavaScript on pages that came by plain HTTP, where browsers have none.
 */
export const PBKDF2_SCRIPT = `
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

async function deriveByWebCrypto(password, salt, iterations, length) {
  const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, length * 8);
  return new Uint8Array(bits);
}

/** FIPS 180-4: the first 32 bits of the fractional parts of the roots of the first primes. */
const [SHA_START, SHA_ROUND] = (() => {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const fraction = (x) => ((x % 1) * 4294967296) | 0;
  return [primes.slice(0, 8).map((p) => fraction(Math.sqrt(p))), primes.map((p) => fraction(Math.cbrt(p)))];
})();
const schedule = new Int32Array(64);
function compress(state, block) {
  for (let i = 0; i < 64; i++) {
    if (i < 16) schedule[i] = block[i];
    else {
      const x = schedule[i - 15];
      const y = schedule[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      schedule[i] = (schedule[i - 16] + s0 + schedule[i - 7] + s1) | 0;
    }
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + SHA_ROUND[i] + schedule[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  const words = [a, b, c, d, e, f, g, h];
  return state.map((word, i) => (word + words[i]) | 0);
}
/** The hash of what \`state\` has taken in (64 bytes) and of up to 55 bytes more. */
function finish(state, bytes) {
  const padded = new DataView(new ArrayBuffer(64));
  bytes.forEach((byte, i) => padded.setUint8(i, byte));
  padded.setUint8(bytes.length, 0x80);
  padded.setUint32(60, (64 + bytes.length) * 8);
  return compress(state, Array.from({ length: 16 }, (_, i) => padded.getInt32(i * 4)));
}
function bytesOf(words) {
  const view = new DataView(new ArrayBuffer(32));
  words.forEach((word, i) => view.setInt32(i * 4, word));
  return new Uint8Array(view.buffer);
}
/** Of passwords up to 64 bytes, salts up to 51, and 32 bytes of key. */
function deriveByScript(password, salt, iterations) {
  const keyed = (mask) => {
    const block = new DataView(new ArrayBuffer(64));
    for (let i = 0; i < 64; i++) block.setUint8(i, (password[i] ?? 0) ^ mask);
    return compress(SHA_START, Array.from({ length: 16 }, (_, i) => block.getInt32(i * 4)));
  };
  const [inner, outer] = [keyed(0x36), keyed(0x5c)];
  let last = finish(outer, bytesOf(finish(inner, [...salt, 0, 0, 0, 1])));
  let key = last;
  const padding = [-2147483648, 0, 0, 0, 0, 0, 0, 768];
  for (let i = 1; i < iterations; i++) {
    last = compress(outer, [...compress(inner, [...last, ...padding]), ...padding]);
    key = key.map((word, j) => word ^ last[j]);
  }
  return bytesOf(key);
}

async function solveProofOfWork({ nonce, salt, cost, keyLength, keyPrefix }, progress) {
  const start = fromHex(nonce);
  const saltBytes = fromHex(salt);
  const byScript = globalThis.crypto?.subtle === undefined;
  const lanes = byScript ? 1 : Math.min(8, Math.max(1, navigator.hardwareConcurrency ?? 2));
  let next = 0;
  let found;
  let pausedAt = performance.now();
  const lane = async () => {
    while (found === undefined) {
      const counter = next++;
      const password = new Uint8Array(start.length + 4);
      password.set(start);
      new DataView(password.buffer).setUint32(start.length, counter);
      const key = toHex(
        byScript ? deriveByScript(password, saltBytes, cost) : await deriveByWebCrypto(password, saltBytes, cost, keyLength),
      );
      if (key.startsWith(keyPrefix)) found = { counter, derivedKey: key };
      if (performance.now() - pausedAt < 50) continue;
      progress(counter);
      await new Promise((resolve) => setTimeout(resolve));
      pausedAt = performance.now();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return found;
}
`;
