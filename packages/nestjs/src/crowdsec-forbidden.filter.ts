import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { answerBlocked } from './answer-blocked.js';
import { CrowdsecForbiddenException } from './crowdsec-forbidden.exception.js';

/**
 * Answers a blocked HTTP request with status, headers and body of the verdict; elsewhere (GraphQL) the exception goes on. Filters of a
 * route, of a controller and those of `app.useGlobalFilters()` come before it and may answer in their own way.
 */
@Catch(CrowdsecForbiddenException)
export class CrowdsecForbiddenFilter implements ExceptionFilter<CrowdsecForbiddenException> {
  catch(exception: CrowdsecForbiddenException, context: ArgumentsHost): void {
    if (context.getType() !== 'http') throw exception;
    answerBlocked(context.switchToHttp().getResponse(), exception.verdict.response);
  }
}
