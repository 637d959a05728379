import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { ReportOnInterceptor } from './report-on.interceptor.js';
import { ReportRules, type ReportRule } from './report-rules.js';

/**
 * Turns exceptions of a handler, or of all handlers of a class, into signals about the client, or into events for the detectors of the
 * agent. What the client is answered stays as it is. The first rule that fits counts; those of a handler take the place of its class'.
 *
 * ```ts
 * @Post('login')
 * @ReportOn({ on: 401, event: 'app:login-failed', facts: (context) => ({ user: context.switchToHttp().getRequest().body.user }) })
 * login() {}
 *
 * @Post('coupon')
 * @ReportOn({ on: 404, scenario: 'acme/coupon-guessing' })
 * coupon() {}
 * ```
 *
 * Exceptions of handlers, pipes and inner interceptors count, in HTTP, GraphQL and WebSockets. What a guard refuses counts by the HTTP
 * status of the answer, where {@link CrowdsecGuard} comes before that guard: it then listens for the answer. Calls of microservices are
 * left alone.
 */
export function ReportOn(...rules: readonly ReportRule[]): ClassDecorator & MethodDecorator {
  return applyDecorators(ReportRules(rules), UseInterceptors(ReportOnInterceptor));
}
