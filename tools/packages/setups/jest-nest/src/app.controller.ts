import { Controller, Get, UnauthorizedException } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { CrowdsecHealthIndicator, ReportOn, SkipCrowdsec } from '@crowdsec-sdk/nestjs';

@Controller()
export class AppController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly crowdsec: CrowdsecHealthIndicator,
  ) {}

  @Get()
  getHello(): string {
    return 'Hello World!';
  }

  @Get('login')
  @ReportOn({ on: [401, UnauthorizedException], scenario: 'acme/login-bruteforce' })
  login(): never {
    throw new UnauthorizedException();
  }

  @Get('health')
  @SkipCrowdsec()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.crowdsec.isHealthy('crowdsec', { whenDegraded: 'up' })]);
  }
}
