import type { PassVerdict } from '@crowdsec-sdk/core';
import { createContext, type RouterContext } from 'react-router';

/** One for all copies of this module: the server has one, and where Vite bundles this package the application's build has another. */
const KEY = Symbol.for('@crowdsec-sdk/react-router:context');
const place = globalThis as { [KEY]?: RouterContext<PassVerdict | undefined> };

/**
 * Who is calling, and what was found, for loaders, actions and middleware: `context.get(crowdsecContext)`. `undefined` where nobody looked, such
 * as while pages are prerendered.
 */
export const crowdsecContext: RouterContext<PassVerdict | undefined> = (place[KEY] ??= createContext<
  PassVerdict | undefined
>(undefined));
