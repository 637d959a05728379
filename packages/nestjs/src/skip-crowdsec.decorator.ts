import { Reflector } from '@nestjs/core';

/**
 * Lets everybody reach a handler, or all handlers of a class, past {@link CrowdsecGuard}. `@SkipCrowdsec(false)` on a handler guards it
 * again. A middleware runs before Nest knows the handler: {@link CrowdsecMiddleware} goes by the option `skip` alone.
 */
export const SkipCrowdsec = Reflector.createDecorator<boolean | undefined, boolean>({
  transform: (skip = true) => skip,
});
