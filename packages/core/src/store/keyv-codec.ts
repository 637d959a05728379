import { isObject, type KeyvLike } from './keyv-like.js';
import type { JsonValue } from './store.js';

/** How values become text. */
export interface Codec {
  encode(value: JsonValue): Promise<string>;
  decode(text: string): Promise<JsonValue>;
}

type Convert = (data: unknown) => unknown;

/**
 * A Keyv's own way of turning values into text, so that what its owner configured (encryption, for one) holds for our
 * credentials too, even where they do not pass through the Keyv itself. Plain JSON where it has none.
 */
export function codecOf(keyv: KeyvLike): Codec {
  // Keyv 6 first, then Keyv 5.
  const encode = methodOf(keyv, 'encode') ?? methodOf(keyv, 'serializeData');
  const decode = methodOf(keyv, 'decode') ?? methodOf(keyv, 'deserializeData');
  return {
    async encode(value) {
      const text = await encode?.({ value });
      return typeof text === 'string' ? text : JSON.stringify({ value });
    },
    async decode(text) {
      const data = (await decode?.(text)) ?? (JSON.parse(text) as unknown);
      if (!isObject(data) || data.value === undefined) throw new Error('its value is damaged: restore or remove it');
      return data.value as JsonValue;
    },
  };
}

function methodOf(keyv: KeyvLike, name: string): Convert | undefined {
  const method: unknown = Reflect.get(keyv, name);
  return typeof method === 'function' ? (data) => Reflect.apply(method, keyv, [data]) as unknown : undefined;
}
