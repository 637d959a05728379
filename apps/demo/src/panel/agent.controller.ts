import { BadRequestException, Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { isCrowdsecError } from '@crowdsec-sdk/core';
import type { AgentName, Stage } from '../stage.js';
import { STAGE } from '../stage.token.js';

/** The form that renames the agent. What is wrong, core says. */
@Controller('api/agent')
export class AgentController {
  constructor(@Inject(STAGE) private readonly stage: Stage) {}

  @Post()
  @HttpCode(200)
  async rename(@Body() name: AgentName | undefined): Promise<{ userAgent: string }> {
    try {
      return { userAgent: await this.stage.rename(name ?? {}) };
    } catch (error) {
      if (!isCrowdsecError(error, 'CROWDSEC_OPTION_INVALID')) throw error;
      throw new BadRequestException({ statusCode: 400, code: error.code, message: error.message, path: error.path });
    }
  }
}
