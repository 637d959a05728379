/** Injects the {@link Stage} on which the site plays. */
export const STAGE = Symbol('stage');
