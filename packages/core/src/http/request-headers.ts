/** Node's `request.headers` (names in lower case) or a Fetch `Headers`. */
export type RequestHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null };

/** A header of a request, several lines of it joined by commas. */
export function readHeader(headers: RequestHeaders, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const value = (headers as Exclude<RequestHeaders, { get(name: string): string | null }>)[name];
  return typeof value === 'object' ? value.join(',') : value;
}
