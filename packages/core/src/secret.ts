import { inspect } from 'node:util';
import { knowSecret } from './redaction/redaction.js';

/**
 * A text that must not be seen: it prints as `[secret]` whatever logs, inspects or serialises it, and texts from outside that quote it
 * are redacted.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    knowSecret(text);
  }

  /** The text itself, for the one place that sends it. */
  reveal(): string {
    knowSecret(this.#text);
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
