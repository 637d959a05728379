import { Controller, Get } from '@nestjs/common';
import type { PassVerdict } from '@crowdsec-sdk/core';
import { Remediation } from '@crowdsec-sdk/nestjs';

/** A page of the site that tells visitors what became of them. */
@Controller('api/whoami')
export class WhoamiController {
  @Get()
  whoami(@Remediation() { ip, remediation }: PassVerdict): { ip: string | null; remediation: string } {
    return { ip: ip ?? null, remediation };
  }
}
