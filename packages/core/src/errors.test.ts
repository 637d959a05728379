import { describe, expect, it } from 'vitest';
import { excerpt, messageOf } from './errors.js';

/** Clears the screen and names the window. */
const TERMINAL = '\u001b[2J\u001b]0;owned\u0007';

describe('a text from outside', () => {
  it('is one line, and steers no terminal that shows it', () => {
    const said = `down${TERMINAL}\r\n[crowdsec] forged\u2028\u0085\u009b31m\u202eback\u0000`;
    for (const shown of [excerpt(said, 300), messageOf(new Error(said)), messageOf(said)]) {
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u);
      expect(shown).toContain('[crowdsec] forged');
    }
  });

  it('keeps letters of all scripts, and what joins emoji', () => {
    const said = 'não 防火墙 می‌خواهم 👩‍💻';
    expect(excerpt(said, 300)).toBe(said);
  });
});
