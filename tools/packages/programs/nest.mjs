/** An application on Nest, in JavaScript: what decorators would do is called by hand. */
import 'reflect-metadata';
import { CROWDSEC, CrowdsecGuard, CrowdsecHealthIndicator, CrowdsecModule } from '@crowdsec-sdk/nestjs';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { given, steps } from './steps.mjs';

class ShopController {
  /** @param {string} body */
  echo(body) {
    return body;
  }
}
Controller()(ShopController);
const route = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(ShopController.prototype, 'echo'));
Post()(ShopController.prototype, 'echo', route);
HttpCode(200)(ShopController.prototype, 'echo', route);
Body()(ShopController.prototype, 'echo', 0);

const told = given();

class AppModule {}
Module({
  imports: [CrowdsecModule.forRoot(told.options), ScheduleModule.forRoot(), TerminusModule],
  controllers: [ShopController],
  providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }],
})(AppModule);

/** @type {import('@nestjs/platform-express').NestExpressApplication} */
const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.useBodyParser('text', { type: () => true });
await app.listen(0, '127.0.0.1');
const { status } = await app
  .get(HealthCheckService)
  .check([() => app.get(CrowdsecHealthIndicator).isHealthy('crowdsec', { whenDegraded: 'up' })]);
if (status !== 'ok') throw new Error(`Its health is ${status}.`);
await steps(told, { crowdsec: app.get(CROWDSEC), url: await app.getUrl(), close: () => app.close() });
