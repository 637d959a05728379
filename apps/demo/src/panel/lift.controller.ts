import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CrowdsecError, type Crowdsec } from '@crowdsec-sdk/core';
import { parsePrefix } from '@crowdsec-sdk/core/engine';
import { InjectCrowdsec } from '@crowdsec-sdk/nestjs';
import { refuse } from './refuse.js';

/** The buttons that lift local bans. */
@Controller('api/lift')
export class LiftController {
  constructor(@InjectCrowdsec() private readonly crowdsec: Crowdsec) {}

  /**
   * `lifted` is false when no local decision is about exactly this address or range.
   *
   * What is no address or range is answered 400.
   */
  @Post()
  @HttpCode(200)
  lift(@Body('value') given: unknown): { lifted: boolean } {
    const value = typeof given === 'string' ? given : '';
    const key = value.includes('/') ? 'range' : 'ip';
    if (parsePrefix(value) === undefined) {
      const path = `decision.${key}`;
      return refuse(new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: is no address or range`, { path }));
    }
    return { lifted: this.crowdsec.lift({ [key]: value }) };
  }
}
