import type { AppsecClient } from '../appsec/client.js';
import { observeCall, type CallObserver } from './observed-call.js';

/** A client of AppSec whose questions are measured: each is one call, until its whole answer. */
export function observedAppsec(client: Pick<AppsecClient, 'ask'>, observer: CallObserver): Pick<AppsecClient, 'ask'> {
  return {
    ask: (headers, body) => {
      const method = body === undefined ? 'GET' : 'POST';
      const attributes = { 'crowdsec.peer': 'appsec', 'http.request.method': method };
      return observeCall(
        observer,
        { name: `${method} AppSec`, attributes },
        () => client.ask(headers, body),
        (answer) => (answer.kind === 'failed' ? { 'error.type': answer.cause } : {}),
      );
    },
  };
}
