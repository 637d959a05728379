import type { Server } from 'node:http';
import {
  Body,
  Controller,
  HttpCode,
  Module,
  Post,
  Req,
  StreamableFile,
  UploadedFile,
  UseInterceptors,
  type NestApplicationOptions,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter, FileInterceptor, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { bodyConformance, portOf, type BodyHost } from '@crowdsec-sdk/conformance';
import { silentLogger } from '@crowdsec-sdk/core';
import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { CrowdsecGuard, CrowdsecModule } from '../src/index.js';
import { QUIET } from './running-app.js';

@Controller()
class BodyController {
  @Post('json')
  @HttpCode(200)
  json(@Body() body: object): object {
    return body;
  }

  @Post('form')
  @HttpCode(200)
  form(@Body() body: object): object {
    return { ...body };
  }

  @Post('raw')
  @HttpCode(200)
  raw(@Body() body: Buffer): StreamableFile {
    return new StreamableFile(body);
  }
}

@Controller()
class MulterController {
  @Post('upload')
  @HttpCode(200)
  @UseInterceptors(FileInterceptor('file'))
  upload(
    @Body() { note }: { readonly note: string },
    @UploadedFile() file: { readonly originalname: string; readonly size: number },
  ): object {
    return { note, name: file.originalname, size: file.size };
  }
}

@Controller()
class MultipartController {
  @Post('upload')
  @HttpCode(200)
  async upload(@Req() request: FastifyRequest): Promise<object> {
    const file = await request.file();
    const bytes = await file?.toBuffer();
    const note = file?.fields.note as { readonly value?: string } | undefined;
    return { note: note?.value, name: file?.filename, size: bytes?.length };
  }
}

@Module({ controllers: [BodyController], providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }] })
class BodyModule {}

const BYTES = 'application/octet-stream';

/** Guarded by `CrowdsecGuard` alone, which comes after Nest's own body parser. */
function nestHost(platform: 'Express' | 'Fastify', rawBody: boolean): BodyHost {
  return {
    adapter: `nestjs (${platform.toLowerCase()}${rawBody ? ', rawBody' : ''})`,
    peers: true,
    inflates: platform === 'Express',
    async start({ crowdsec, hostname }) {
      const module = {
        module: BodyModule,
        controllers: [platform === 'Express' ? MulterController : MultipartController],
        imports: [CrowdsecModule.forRoot({ logger: silentLogger, ...crowdsec })],
      };
      const adapter = platform === 'Express' ? new ExpressAdapter() : new FastifyAdapter({ bodyLimit: 1 << 20 });
      const options: typeof QUIET & Pick<NestApplicationOptions, 'rawBody'> = {
        ...QUIET,
        rawBody,
        forceCloseConnections: true,
      };
      const app = await NestFactory.create(module, adapter, options);
      if (platform === 'Express') {
        (app as NestExpressApplication).useBodyParser('json', { limit: '1mb' });
        (app as NestExpressApplication).useBodyParser('raw', { type: BYTES, limit: '1mb' });
      } else {
        (app as NestFastifyApplication).useBodyParser(BYTES, { bodyLimit: 1 << 20 });
        await (app as NestFastifyApplication).register(multipart);
      }
      await app.listen(0, hostname);
      return { port: portOf(app.getHttpServer() as Server), stop: () => app.close() };
    },
  };
}

bodyConformance(nestHost('Express', false));
bodyConformance(nestHost('Express', true));
bodyConformance(nestHost('Fastify', false));
bodyConformance(nestHost('Fastify', true));
