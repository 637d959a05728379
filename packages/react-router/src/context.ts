import type { Crowdsec, PassVerdict } from '@crowdsec-sdk/core';
import { createContext, type RouterContext } from 'react-router';

/** Of all copies of this module: the server has one, and where Vite bundles this package the application's build has another. */
const VERDICT = Symbol.for('@crowdsec-sdk/react-router:context');
const AGENT = Symbol.for('@crowdsec-sdk/react-router:agent');
const place = globalThis as {
  [VERDICT]?: RouterContext<PassVerdict | null>;
  [AGENT]?: RouterContext<Crowdsec | null>;
};

/**
 * Who is calling, and what was found, for loaders, actions and middleware: `context.get(crowdsecContext)`. `null` where nobody looked, such as
 * while pages are prerendered (for React Router a context whose default is `undefined` has none, and `get` throws).
 */
export const crowdsecContext: RouterContext<PassVerdict | null> = (place[VERDICT] ??= createContext<PassVerdict | null>(
  null,
));

/**
 * The agent of the server's guard, for loaders, actions and middleware that report:
 * `context.get(crowdsecAgentContext)?.whisper({ ip, scenario })`. `null` where there is no server, such as while pages are prerendered.
 */
export const crowdsecAgentContext: RouterContext<Crowdsec | null> = (place[AGENT] ??= createContext<Crowdsec | null>(
  null,
));
