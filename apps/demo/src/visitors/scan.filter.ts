import { Catch, NotFoundException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { InjectCrowdsec, requestFacts, type NestRequest } from '@crowdsec-sdk/nestjs';
import { outcomeOf } from './outcome.js';

/** One page that is not there says little of a visitor, many say a scan: each is a whisper. */
@Catch(NotFoundException)
export class ScanFilter extends BaseExceptionFilter {
  readonly #crowdsec: Crowdsec;

  constructor({ httpAdapter }: HttpAdapterHost, @InjectCrowdsec() crowdsec: Crowdsec) {
    super(httpAdapter);
    this.#crowdsec = crowdsec;
  }

  override catch(_exception: NotFoundException, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<NestRequest>();
    const { ip = '' } = this.#crowdsec.bouncer.inspect(requestFacts(request));
    const receipt = this.#crowdsec.whisper({ ip, scenario: 'demo/http-404' });
    super.catch(new NotFoundException({ statusCode: 404, message: 'Not found', signal: outcomeOf(receipt) }), host);
  }
}
