/**
 * What could be read of the body of a request ahead of its handler, which finds it as if nobody had looked:
 *
 * | kind | what happened |
 * |---|---|
 * | `none` | the request has no body |
 * | `whole` | it came whole, and is no larger than asked for |
 * | `large` | it is larger; the rest of it is still on its way |
 * | `stalled` | nothing more of it came for ten seconds |
 * | `consumed` | somebody else has read it, or is reading it |
 * | `aborted` | the client went away before it was complete |
 */
export type RequestBody =
  | { readonly kind: 'none' | 'large' | 'stalled' | 'consumed' | 'aborted' }
  | {
      readonly kind: 'whole';
      readonly bytes: Uint8Array;
      /** Whether `Content-Encoding` may have been undone already, by a body parser that kept the bytes. */
      readonly maybeUnpacked: boolean;
    };

/** How long nothing may come of a body before it is no longer waited for, in ms. */
export const STALLED_BODY_MS = 10_000;

/** A request without a body, or one whose host does not hand the request itself out. */
export const NO_BODY: RequestBody = Object.freeze({ kind: 'none' });
