import { Body, Controller, HttpCode, Post, Req, UnauthorizedException } from '@nestjs/common';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { InjectCrowdsec, requestFacts, type NestRequest } from '@crowdsec-sdk/nestjs';
import { z } from 'zod';
import { outcomeOf } from './outcome.js';

/** The site's login, whose only account is demo with the password demo. A wrong password is reported at once. */
@Controller('api/login')
export class LoginController {
  constructor(@InjectCrowdsec() private readonly crowdsec: Crowdsec) {}

  @Post()
  @HttpCode(200)
  login(@Body() body: unknown, @Req() request: NestRequest): { user: string } {
    const { ip = '' } = this.crowdsec.bouncer.inspect(requestFacts(request));
    const { success, data } = rightPassword.safeParse(body);
    if (success) return { user: data.user };
    const receipt = this.crowdsec.report({ ip, scenario: 'demo/login-bruteforce' });
    throw new UnauthorizedException({ statusCode: 401, message: 'Wrong user or password', signal: outcomeOf(receipt) });
  }
}

const rightPassword = z.object({ user: z.literal('demo'), password: z.literal('demo') });
