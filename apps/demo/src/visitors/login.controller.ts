import { Body, Controller, HttpCode, Post, UnauthorizedException } from '@nestjs/common';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { InjectCrowdsec, Remediation } from '@crowdsec-sdk/nestjs';
import * as z from 'zod';

/** The site's login, whose only account is demo with the password demo. Of a failed one the detectors are told. */
@Controller('api/login')
export class LoginController {
  constructor(@InjectCrowdsec() private readonly crowdsec: Crowdsec) {}

  @Post()
  @HttpCode(200)
  login(@Body() body: unknown, @Remediation('ip') ip: string | undefined): { user: string } {
    const { success, data } = rightPassword.safeParse(body);
    if (success) return { user: data.user };
    const { user } = attempt.parse(body);
    if (ip !== undefined) this.crowdsec.observe('app:login-failed', { ip, user });
    throw new UnauthorizedException('Wrong user or password');
  }
}

const rightPassword = z.object({ user: z.literal('demo'), password: z.literal('demo') });
const attempt = z.object({ user: z.string().catch('') }).catch({ user: '' });
