import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { type Crowdsec, CrowdsecGuard, CrowdsecModule, InjectCrowdsec } from '@crowdsec-sdk/nestjs';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { Controller, Get, UseGuards, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const BANNED = '198.51.100.7';

@UseGuards(CrowdsecGuard)
@Controller()
class ShopController {
  constructor(@InjectCrowdsec() readonly crowdsec: Crowdsec) {}

  @Get()
  page(): string {
    return 'page';
  }
}

let sandbox: Sandbox;
let app: INestApplication<Server>;

beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.decisions.add([{ value: BANNED }]);
  const module = await Test.createTestingModule({
    imports: [CrowdsecModule.forRoot({ apiUrl: sandbox.url, ephemeral: true, trustedProxies: 1 })],
    controllers: [ShopController],
  }).compile();
  app = module.createNestApplication<INestApplication<Server>>();
  await app.listen(0, '127.0.0.1');
}, 30_000);

afterAll(async () => {
  await app.close();
  await sandbox.stop();
});

it('refuses a banned client, and no other', async () => {
  const { crowdsec } = app.get(ShopController);
  await expect.poll(() => crowdsec.getIpRemediation(BANNED).remediation, { timeout: 20_000 }).toBe('ban');
  expect(await statusFor(BANNED)).toBe(403);
  expect(await statusFor('203.0.113.1')).toBe(200);
}, 30_000);

async function statusFor(client: string): Promise<number> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const { status } = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-forwarded-for': client } });
  return status;
}
