import type { IncomingMessage } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Crowdsec } from '@crowdsec-sdk/core';

/**
 * Has the bytes of bodies kept for AppSec. Guards come after Nest's body parser, which keeps nothing of what it reads. So this stands before
 * the parser: it is called while the application is created, and Nest adds its parser when the application is initialised. Where no AppSec
 * is asked it adds nothing.
 */
export function recordBodies({ bouncer }: Crowdsec, host: HttpAdapterHost): void {
  const record = bouncer.recordBody;
  if (record === undefined) return;
  host.init$.subscribe(() => {
    host.httpAdapter.use((request: IncomingMessage, _response: unknown, next: () => void) => {
      record(request);
      next();
    });
  });
}
