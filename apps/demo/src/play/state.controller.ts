import {
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  ServiceUnavailableException,
  Sse,
  type MessageEvent,
} from '@nestjs/common';
import { isCrowdsecError, type FlushResult } from '@crowdsec-sdk/core';
import { distinctUntilChanged, map, timer, type Observable } from 'rxjs';
import { DEMO_CONTROL, type DemoControl } from '../demo-control.js';
import { stateOf, type DemoState } from './state.js';

/** What the page shows: once, as a stream of changes, and the button that sends the signals now. */
@Controller('api')
export class StateController {
  constructor(@Inject(DEMO_CONTROL) private readonly demo: DemoControl) {}

  @Get('state')
  state(): DemoState {
    return stateOf(this.demo);
  }

  /** The state whenever it has changed, with the latest calls only. */
  @Sse('events')
  events(): Observable<MessageEvent> {
    return timer(0, LOOK_EVERY_MS).pipe(
      map(() => JSON.stringify(stateOf(this.demo, LATEST_CALLS))),
      distinctUntilChanged(),
      map((data) => ({ data, retry: 500 })),
    );
  }

  @Post('flush')
  @HttpCode(200)
  async flush(): Promise<FlushResult> {
    try {
      return await this.demo.crowdsec.flushSignals();
    } catch (error) {
      if (!isCrowdsecError(error)) throw error;
      const { code, message, nextAt } = error;
      throw new ServiceUnavailableException({ statusCode: 503, code, message, nextAt });
    }
  }
}

const LOOK_EVERY_MS = 200;
const LATEST_CALLS = 50;
