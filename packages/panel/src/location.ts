import type { PanelRequest } from './options.js';

/** Where in the panel a request leads. */
export interface Location {
  /** Below the panel, without slashes at its ends: `''` is the page. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The page was asked for without a slash at the end, where its relative links would lead elsewhere. */
  readonly lacksSlash: boolean;
}

/**
 * Where a request leads; `undefined` when it is not about the panel.
 *
 * @param mount where the panel stands, for hosts that leave it in the URL
 */
export function locate({ url = '/', originalUrl }: PanelRequest, mount: string | undefined): Location | undefined {
  const [whole, search] = splitAt(url, '?');
  const hasMount = mount !== undefined && (whole === mount || whole.startsWith(`${mount}/`));
  // A router that takes the mount off the URL has told of it by leaving another original one.
  const isTakenOff = originalUrl !== undefined && originalUrl !== url;
  if (mount !== undefined && !hasMount && !isTakenOff) return undefined;
  const path = hasMount ? whole.slice(mount.length) : whole;
  const [asked] = splitAt(originalUrl ?? url, '?');
  return {
    path: path.replace(/^\/+|\/+$/g, ''),
    query: new URLSearchParams(search),
    lacksSlash: !asked.endsWith('/'),
  };
}

/** Where to go for the page with a slash, relative to where it was asked for. */
export function withSlash({ url = '/', originalUrl = url }: PanelRequest): string {
  const [asked] = splitAt(originalUrl, '?');
  return `./${asked.slice(asked.lastIndexOf('/') + 1)}/`;
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
