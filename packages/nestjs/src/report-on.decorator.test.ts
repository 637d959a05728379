import {
  BadRequestException,
  Catch,
  Controller,
  Get,
  Injectable,
  Module,
  ParseIntPipe,
  Param,
  Query,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD, HttpAdapterHost } from '@nestjs/core';
import { EXTENSION_API_VERSION, type DetectionEvent, type Extension } from '@crowdsec-sdk/core/extension';
import type { Sandbox } from '@crowdsec-sdk/sandbox';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { agentInMemory, platforms, runApp, sandboxWith, type RunningApp } from '../test/running-app.js';
import { CrowdsecGuard, CrowdsecModule, ReportOn } from './index.js';

const VISITOR = '192.0.2.1';
const LOGIN = { on: 401, scenario: 'acme/login-bruteforce' } as const;

describe.each(platforms)('@ReportOn on $platform', ({ adapter }) => {
  interface RunningLogin extends RunningApp {
    readonly sandbox: Sandbox;
    /** What detectors were told. */
    readonly events: readonly DetectionEvent[];
    get(path: string, ip?: string): request.Test;
  }

  async function runLogin(): Promise<RunningLogin> {
    const sandbox = await sandboxWith({ value: '203.0.113.7' });
    const events: DetectionEvent[] = [];
    const extension: Extension = {
      name: 'test.listener',
      apiVersion: EXTENSION_API_VERSION,
      detectors: [{ name: 'all', on: ['app:login-failed'], detect: (event) => void events.push(event) }],
    };
    const options = { ...agentInMemory(sandbox), trustedProxies: 'loopback' as const, extensions: [extension] };
    const running = await runApp({ module: AppModule, imports: [CrowdsecModule.forRoot(options)] }, adapter());
    return {
      ...running,
      sandbox,
      events,
      get: (path, ip = VISITOR) => request(running.server).get(path).set('X-Forwarded-For', ip),
    };
  }

  /** What the application has told so far, in the words of CAPI. */
  async function told({ app, sandbox }: { app: RunningApp['app']; sandbox: Sandbox }): Promise<readonly object[]> {
    await app.close();
    return sandbox.signals.map(({ signal: { source, scenario, message, decisions } }) => ({
      ip: source.value,
      scenario,
      events: Number(/\((\d+) event/.exec(message)?.[1]),
      decisions: decisions?.length ?? 0,
    }));
  }

  it('turns the exception of a handler into a whisper, and leaves the answer as it is', async () => {
    const running = await runLogin();
    const { body } = await running.get('/login/plain').expect(401);
    expect(body).toMatchObject({ statusCode: 401, message: 'who?' });
    expect(await told(running)).toEqual([{ ip: VISITOR, scenario: LOGIN.scenario, events: 1, decisions: 0 }]);
  });

  it('says nothing of what goes well, fails otherwise, or never reaches the handler because the client is banned', async () => {
    const running = await runLogin();
    await running.get('/login/ok').expect(200);
    await running.get('/login/other').expect(400);
    await running.get('/login/forbidden', '203.0.113.7').expect(403);
    expect(await told(running)).toEqual([]);
  });

  it('makes a report of it where there is a decision', async () => {
    const running = await runLogin();
    await running.get('/login/decided').expect(401);
    expect(await told(running)).toEqual([{ ip: VISITOR, scenario: LOGIN.scenario, events: 1, decisions: 1 }]);
  });

  it('goes by the exception, whatever a filter answers', async () => {
    const running = await runLogin();
    await running.get('/login/filtered').expect(302);
    expect(await told(running)).toHaveLength(1);
  });

  it('takes a class of exceptions, and those of pipes', async () => {
    const running = await runLogin();
    await running.get('/login/number/four').expect(400);
    expect(await told(running)).toHaveLength(1);
  });

  it.each(['plain', 'by-guard'])('tells each exception once, with rules on handler and class: %s', async (path) => {
    const running = await runLogin();
    await running.get(`/class/${path}`).expect(401);
    await running.get(`/class/${path}?a=b`, '192.0.2.2').expect(401);
    expect(await told(running)).toMatchObject([{ events: 1 }, { events: 1 }]);
  });

  it('hears of what a guard refuses', async () => {
    const running = await runLogin();
    await running.get('/login/by-guard').expect(401);
    expect(await told(running)).toEqual([{ ip: VISITOR, scenario: LOGIN.scenario, events: 1, decisions: 0 }]);
  });

  it('turns an exception into an event, and what a guard refuses too', async () => {
    const running = await runLogin();
    await running.get('/login/event?user=alice').expect(401);
    await running.get('/login/event-by-guard?user=bob', '192.0.2.2').expect(401);
    const { events } = running;
    expect(await told(running)).toEqual([]);
    expect(events).toMatchObject([
      { kind: 'app:login-failed', ip: VISITOR, facts: { user: 'alice' } },
      { kind: 'app:login-failed', ip: '192.0.2.2', facts: {} },
    ]);
  });

  it('does not change the answer when its facts fail', async () => {
    const running = await runLogin();
    await running.get('/login/no-facts').expect(401);
    await running.app.close();
    expect(running.events).toEqual([]);
  });

  it('does not change the answer when its scenario is not declared', async () => {
    const running = await runLogin();
    await running.get('/login/undeclared').expect(401);
    expect(await told(running)).toEqual([]);
  });
});

class WrongNumber extends BadRequestException {}

@Injectable()
class NobodyGuard implements CanActivate {
  canActivate(): never {
    throw new UnauthorizedException('by guard');
  }
}

@Catch(UnauthorizedException)
class LoginPageFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(_exception: UnauthorizedException, context: ArgumentsHost): void {
    this.host.httpAdapter.redirect(context.switchToHttp().getResponse(), 302, '/login');
  }
}

function userOf(context: ExecutionContext): string {
  return context.switchToHttp().getRequest<{ readonly query: { readonly user: string } }>().query.user;
}

function failingFacts(): never {
  throw new Error('broken');
}

@Controller('login')
class LoginController {
  @Get('ok')
  @ReportOn(LOGIN)
  ok(): string {
    return 'ok';
  }

  @Get('plain')
  @ReportOn(LOGIN)
  plain(): never {
    throw new UnauthorizedException('who?');
  }

  @Get('other')
  @ReportOn(LOGIN)
  other(): never {
    throw new BadRequestException();
  }

  @Get('forbidden')
  @ReportOn({ ...LOGIN, on: [401, 403] })
  forbidden(): string {
    return 'not for the banned';
  }

  @Get('decided')
  @ReportOn({ ...LOGIN, decision: { type: 'ban', duration: '4h' } })
  decided(): never {
    throw new UnauthorizedException();
  }

  @Get('filtered')
  @UseFilters(LoginPageFilter)
  @ReportOn(LOGIN)
  filtered(): never {
    throw new UnauthorizedException();
  }

  @Get('number/:number')
  @ReportOn({ ...LOGIN, on: [402, WrongNumber] })
  number(@Param('number', new ParseIntPipe({ exceptionFactory: () => new WrongNumber() })) number: number): number {
    return number;
  }

  @Get('by-guard')
  @UseGuards(NobodyGuard)
  @ReportOn(LOGIN)
  byGuard(): string {
    return 'unreachable';
  }

  @Get('event')
  @ReportOn({ on: 401, event: 'app:login-failed', facts: (context) => ({ user: userOf(context), then: 'a field' }) })
  event(): never {
    throw new UnauthorizedException();
  }

  @Get('event-by-guard')
  @UseGuards(NobodyGuard)
  @ReportOn({ on: 401, event: 'app:login-failed' })
  eventByGuard(): string {
    return 'unreachable';
  }

  @Get('no-facts')
  @ReportOn({ on: 401, event: 'app:login-failed', facts: failingFacts })
  noFacts(): never {
    throw new UnauthorizedException();
  }

  @Get('undeclared')
  @ReportOn({ on: 401, scenario: 'acme/undeclared' })
  undeclared(): never {
    throw new UnauthorizedException();
  }
}

@Controller('class')
@ReportOn(LOGIN)
class ClassController {
  @Get('plain')
  @ReportOn(LOGIN)
  plain(@Query() _query: object): never {
    throw new UnauthorizedException();
  }

  @Get('by-guard')
  @UseGuards(CrowdsecGuard, NobodyGuard)
  byGuard(): string {
    return 'unreachable';
  }
}

@Module({
  controllers: [LoginController, ClassController],
  providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }],
})
class AppModule {}
