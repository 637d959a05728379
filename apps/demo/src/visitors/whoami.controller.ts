import { Controller, Get, Req, UseGuards } from '@nestjs/common';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { CrowdsecGuard, InjectCrowdsec, requestFacts, type NestRequest } from '@crowdsec-sdk/nestjs';

/** A guarded page of the site. */
@Controller('api/whoami')
@UseGuards(CrowdsecGuard)
export class WhoamiController {
  constructor(@InjectCrowdsec() private readonly crowdsec: Crowdsec) {}

  @Get()
  whoami(@Req() request: NestRequest): { ip: string | null; remediation: string } {
    const { ip = null, remediation } = this.crowdsec.bouncer.inspect(requestFacts(request));
    return { ip, remediation };
  }
}
