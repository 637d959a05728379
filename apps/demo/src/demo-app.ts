import type { RequestListener, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Module, type DynamicModule, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ScheduleModule } from '@nestjs/schedule';
import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { CROWDSEC, CrowdsecMiddleware, CrowdsecModule } from '@crowdsec-sdk/nestjs';
import { CrowdsecPanelModule } from '@crowdsec-sdk/panel/nest';
import { DEMO_CONTROL, type DemoControl } from './demo-control.js';
import { AgentController } from './play/agent.controller.js';
import { StateController } from './play/state.controller.js';
import { LoginController } from './visitors/login.controller.js';
import { WhoamiController } from './visitors/whoami.controller.js';

/** The Nest application: the site that visitors see, its agent, the panel of the agent, and a page that plays visitors. */
export interface DemoApp {
  readonly crowdsec: Crowdsec;
  readonly handle: RequestListener;
  start(): Promise<void>;
  /** Stops the agent. Answers that are under way still go out. */
  close(): Promise<void>;
}

/** Builds the application, which checks the agent's options; nothing runs before its `start()`. */
export async function createDemoApp(control: DemoControl, options: CrowdsecOptions): Promise<DemoApp> {
  const app = await NestFactory.create<NestExpressApplication>(DemoModule.with(control, options), NEST_OPTIONS);
  app.useStaticAssets(PUBLIC, { setHeaders });
  // Before any route, so that pages that are not there are seen too.
  app.use(app.get(CrowdsecMiddleware).use);
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
class DemoModule {
  static with(control: DemoControl, options: CrowdsecOptions): DynamicModule {
    return {
      module: DemoModule,
      imports: [
        ScheduleModule.forRoot(),
        CrowdsecModule.forRoot({ ...options, skip: OPERATOR }),
        // Whoever gets this far sits at this machine (request-check.ts). An application asks who is logged in.
        CrowdsecPanelModule.forRoot({ path: PANEL_PATH, authorize: () => true }),
      ],
      controllers: [WhoamiController, LoginController, StateController, AgentController],
      providers: [{ provide: DEMO_CONTROL, useValue: control }],
    };
  }
}

/** Where the panel of the agent stands. */
export const PANEL_PATH = '/crowdsec';

/** What whoever looks at the demo asks for: no visitor of the site. */
const OPERATOR = [PANEL_PATH, `${PANEL_PATH}/*`, '/api/state', '/api/events', '/api/flush', '/api/agent'];

const NEST_OPTIONS: Pick<NestApplicationOptions, 'abortOnError' | 'logger'> = {
  abortOnError: false,
  logger: ['error', 'warn'],
};

const setHeaders = (response: ServerResponse): void => void response.setHeader('Content-Security-Policy', PAGE_POLICY);

const PUBLIC = fileURLToPath(new URL('../public', import.meta.url));

const PAGE_POLICY = [
  "default-src 'none'",
  ...['script-src', 'style-src', 'img-src', 'connect-src'].map((kind) => `${kind} 'self'`),
  ...['base-uri', 'form-action', 'frame-ancestors'].map((kind) => `${kind} 'none'`),
].join('; ');
