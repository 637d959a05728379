import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { CrowdsecOptions } from '@crowdsec-sdk/core';

/** What `forRootAsync({ useClass })` and `useExisting` ask for the options. */
export interface CrowdsecOptionsFactory {
  createCrowdsecOptions(): CrowdsecOptions | Promise<CrowdsecOptions>;
}

const definition = new ConfigurableModuleBuilder<CrowdsecOptions>({ moduleName: 'Crowdsec' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createCrowdsecOptions')
  .setExtras({ isGlobal: true }, (module, { isGlobal }) => ({ ...module, global: isGlobal }))
  .build();

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = definition;

/** The options of `CrowdsecModule.forRoot`: those of `createCrowdsec`, and `isGlobal` (true by default). */
export type CrowdsecModuleOptions = typeof definition.OPTIONS_TYPE;

/** The options of `CrowdsecModule.forRootAsync`: `useFactory`, `useClass` or `useExisting`, with `imports` and `inject`. */
export type CrowdsecModuleAsyncOptions = typeof definition.ASYNC_OPTIONS_TYPE;
