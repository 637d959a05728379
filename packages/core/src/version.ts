/** The version of this package, as the user agent carries it. */
export const SDK_VERSION = 'v0.1.0';
