import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { DEMO_CONTROL, type AgentName, type DemoControl } from '../demo-control.js';
import { refuse } from './refuse.js';

/** The form that renames the agent. What is wrong, core says. */
@Controller('api/agent')
export class AgentController {
  constructor(@Inject(DEMO_CONTROL) private readonly demo: DemoControl) {}

  @Post()
  @HttpCode(200)
  async rename(@Body() name: AgentName | undefined): Promise<{ userAgent: string }> {
    return { userAgent: await this.demo.rename(name ?? {}).catch(refuse) };
  }
}
