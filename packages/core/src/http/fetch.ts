/** How the SDK speaks HTTP: a `fetch` as the platform has it. */
export type Fetch = typeof globalThis.fetch;
