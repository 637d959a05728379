import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import type { AgentName, Stage } from '../stage.js';
import { STAGE } from '../stage.token.js';
import { refuse } from './refuse.js';

/** The form that renames the agent. What is wrong, core says. */
@Controller('api/agent')
export class AgentController {
  constructor(@Inject(STAGE) private readonly stage: Stage) {}

  @Post()
  @HttpCode(200)
  async rename(@Body() name: AgentName | undefined): Promise<{ userAgent: string }> {
    return { userAgent: await this.stage.rename(name ?? {}).catch(refuse) };
  }
}
