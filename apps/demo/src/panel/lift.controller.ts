import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { InjectCrowdsec } from '@crowdsec-sdk/nestjs';
import { refuse } from './refuse.js';

/** The buttons that lift local bans. */
@Controller('api/lift')
export class LiftController {
  constructor(@InjectCrowdsec() private readonly crowdsec: Crowdsec) {}

  /** `lifted` is false when no local decision is about exactly this address or range. */
  @Post()
  @HttpCode(200)
  lift(@Body('value') given: unknown): { lifted: boolean } {
    const value = typeof given === 'string' ? given : '';
    try {
      return { lifted: this.crowdsec.lift(value.includes('/') ? { range: value } : { ip: value }) };
    } catch (error) {
      return refuse(error);
    }
  }
}
