import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CrowdsecForbiddenException } from './crowdsec-forbidden.exception.js';

/**
 * Answers a blocked request with status, headers and body of the verdict, on any HTTP platform of Nest. Filters of a route, of
 * a controller and those of `app.useGlobalFilters()` come before it and may answer in their own way.
 */
@Catch(CrowdsecForbiddenException)
export class CrowdsecForbiddenFilter implements ExceptionFilter<CrowdsecForbiddenException> {
  readonly #host: HttpAdapterHost;

  constructor(host: HttpAdapterHost) {
    this.#host = host;
  }

  catch({ verdict }: CrowdsecForbiddenException, context: ArgumentsHost): void {
    const { httpAdapter } = this.#host;
    const { status, headers, body } = verdict.response;
    const response = context.switchToHttp().getResponse<object>();
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, body, status);
  }
}
