const VALID_HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Any text as the value of a header, byte for byte where HTTP can carry it: characters beyond latin1 become the bytes of their UTF-8, control
 * characters and line breaks become blanks, for a server refuses them.
 */
export function headerValue(text: string): string {
  if (VALID_HEADER_VALUE.test(text)) return text;
  return bytesOf(text).replace(/[^\t\x20-\x7e\x80-\xff]/g, ' ');
}

/** A text whose characters are the bytes of this one: as it is when they are, else those of its UTF-8. */
export function bytesOf(text: string): string {
  return !/[^\0-\xff]/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}
