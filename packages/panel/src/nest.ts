import {
  Inject,
  Module,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { checkPanelOptions, type PanelOptions } from './options.js';
import { crowdsecPanel, type PanelHandler } from './panel.js';

export interface CrowdsecPanelModuleOptions extends Omit<PanelOptions, 'crowdsec'> {
  /** Where it stands; `/crowdsec` by default. */
  readonly path?: string | undefined;
}

/** As `@crowdsec-sdk/nestjs` provides the agent. */
const CROWDSEC = Symbol.for('@crowdsec-sdk/nestjs:CROWDSEC');
const OPTIONS = Symbol('crowdsec panel options');

/**
 * The panel in a Nest application whose agent `CrowdsecModule` provides. It stands before guards, pipes and interceptors: `authorize` is
 * what protects it.
 *
 * ```ts
 * imports: [CrowdsecModule.forRoot({ … }), CrowdsecPanelModule.forRoot({ authorize: (request) => isAdmin(request) })]
 * ```
 */
@Module({})
export class CrowdsecPanelModule implements NestModule, OnModuleDestroy {
  readonly #options: CrowdsecPanelModuleOptions;
  readonly #modules: ModuleRef;
  readonly #host: HttpAdapterHost;
  #panel: PanelHandler | undefined;

  constructor(
    @Inject(OPTIONS) options: CrowdsecPanelModuleOptions,
    @Inject(ModuleRef) modules: ModuleRef,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
  ) {
    this.#options = options;
    this.#modules = modules;
    this.#host = host;
  }

  /** @throws CrowdsecError `CROWDSEC_OPTION_INVALID`, without `authorize` above all */
  static forRoot(options: CrowdsecPanelModuleOptions): DynamicModule {
    checkPanelOptions(options);
    return { module: CrowdsecPanelModule, providers: [{ provide: OPTIONS, useValue: options }] };
  }

  configure(_consumer: MiddlewareConsumer): void {
    const { path = '/crowdsec' } = this.#options;
    const crowdsec = this.#modules.get<Crowdsec>(CROWDSEC, { strict: false });
    this.#panel = crowdsecPanel({ ...this.#options, crowdsec, path });
    this.#host.httpAdapter.use(path, this.#panel);
  }

  onModuleDestroy(): void {
    this.#panel?.close();
  }
}
