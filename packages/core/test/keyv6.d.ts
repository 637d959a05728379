/** Keyv 6, which npm installs only where Node is new enough for it; the types must be there for every Node. */
declare module 'keyv6' {
  export { Keyv } from 'keyv';
}
