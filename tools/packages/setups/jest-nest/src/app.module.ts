import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import { CrowdsecGuard, CrowdsecModule } from '@crowdsec-sdk/nestjs';
import { AppController } from './app.controller';

@Module({})
export class AppModule {
  static with(options: CrowdsecOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [ScheduleModule.forRoot(), TerminusModule, CrowdsecModule.forRoot(options)],
      controllers: [AppController],
      providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }],
    };
  }
}
