import type { RequestListener, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Module, type DynamicModule, type NestApplicationOptions } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ScheduleModule } from '@nestjs/schedule';
import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { CROWDSEC, CrowdsecModule } from '@crowdsec-sdk/nestjs';
import { AgentController } from './panel/agent.controller.js';
import { StateController } from './panel/state.controller.js';
import type { Stage } from './stage.js';
import { STAGE } from './stage.token.js';
import { LoginController } from './visitors/login.controller.js';
import { ScanFilter } from './visitors/scan.filter.js';
import { WhoamiController } from './visitors/whoami.controller.js';

/** The Nest application: the site that visitors see, its agent, and the panel that shows both. */
export interface Site {
  readonly crowdsec: Crowdsec;
  readonly handle: RequestListener;
  start(): Promise<void>;
  /** Stops the agent. Answers that are under way still go out. */
  close(): Promise<void>;
}

/** Builds the application, which checks the agent's options; nothing runs before its `start()`. */
export async function createSite(stage: Stage, options: CrowdsecOptions): Promise<Site> {
  const app = await NestFactory.create<NestExpressApplication>(SiteModule.with(stage, options), NEST_OPTIONS);
  app.useStaticAssets(PUBLIC, { setHeaders });
  return {
    crowdsec: app.get<Crowdsec>(CROWDSEC),
    handle: app.getHttpAdapter().getInstance() as RequestListener,
    start: async () => {
      await app.init();
    },
    close: () => app.close(),
  };
}

@Module({})
class SiteModule {
  static with(stage: Stage, options: CrowdsecOptions): DynamicModule {
    return {
      module: SiteModule,
      imports: [ScheduleModule.forRoot(), CrowdsecModule.forRoot(options)],
      controllers: [WhoamiController, LoginController, StateController, AgentController],
      providers: [
        { provide: STAGE, useValue: stage },
        { provide: APP_FILTER, useClass: ScanFilter },
      ],
    };
  }
}

const NEST_OPTIONS: Pick<NestApplicationOptions, 'abortOnError' | 'logger'> = { abortOnError: false, logger: ['error', 'warn'] };

const setHeaders = (response: ServerResponse): void => void response.setHeader('Content-Security-Policy', PAGE_POLICY);

const PUBLIC = fileURLToPath(new URL('../public', import.meta.url));

const PAGE_POLICY = [
  "default-src 'none'",
  ...['script-src', 'style-src', 'img-src', 'connect-src'].map((kind) => `${kind} 'self'`),
  ...['base-uri', 'form-action', 'frame-ancestors'].map((kind) => `${kind} 'none'`),
].join('; ');
