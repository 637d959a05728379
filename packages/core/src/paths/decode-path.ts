/** Percent-encoding, and the form that IIS takes too (`%u002e`). */
const ENCODED = /%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/gi;

/** What is encoded more often than that, no server decodes. */
const MAX_DECODINGS = 3;

const NOT_ASCII = /[^\0-\x7f]/;

/**
 * UTF-8 that takes more bytes than it needs for an ASCII character, by the characters of its bytes; the last two hold the bits. Decoders
 * must refuse it, and careless ones do not.
 */
const OVERLONG =
  /(?:[\xc0\xc1]|\xe0[\x80\x81]|\xf0\x80[\x80\x81]|\xf8\x80\x80[\x80\x81]|\xfc\x80\x80\x80[\x80\x81])[\x80-\xbf]|\xc0[/\\]|\xc1\p{Cc}/gu;

/** Characters that some servers replace by the ASCII character that looks like them, and their UTF-8 by the characters of its bytes. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  (
    [
      ['/', ['\uff0f', '\u2215', '\u2044']],
      ['\\', ['\uff3c', '\u2216']],
      ['.', ['\uff0e', '\u2024']],
    ] as const
  ).flatMap(([ascii, others]) =>
    others.flatMap((other): [string, string][] => [
      [other, ascii],
      [Buffer.from(other).toString('latin1'), ascii],
    ]),
  ),
);
const LOOKALIKE = new RegExp([...LOOKALIKES.keys()].join('|'), 'g');

/**
 * A path without percent-encoding, undone three times at most, and without other spellings of `/`, `\` and `.`: overlong UTF-8 and
 * characters that look like them. By bytes: what is above ASCII is not put together, and nothing can be malformed. Takes time in
 * proportion to the length.
 */
export function decodePath(path: string): string {
  let decoded = path;
  for (let times = 0; times < MAX_DECODINGS; times++) {
    const before = decoded;
    if (before.includes('%')) decoded = before.replace(ENCODED, fromHex);
    if (NOT_ASCII.test(decoded)) decoded = inAscii(decoded);
    if (decoded === before) return decoded;
  }
  return decoded;
}

function fromHex(_: string, wide: string | undefined, byte: string): string {
  return String.fromCharCode(Number.parseInt(wide ?? byte, 16));
}

function inAscii(text: string): string {
  return text
    .replace(OVERLONG, (bytes) =>
      String.fromCharCode(
        ((bytes.charCodeAt(bytes.length - 2) & 1) << 6) | (bytes.charCodeAt(bytes.length - 1) & 0x3f),
      ),
    )
    .replace(LOOKALIKE, (other) => LOOKALIKES.get(other)!);
}
