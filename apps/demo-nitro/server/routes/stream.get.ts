import { setTimeout as delay } from 'node:timers/promises';
import { defineEventHandler } from 'h3';

export default defineEventHandler(() => {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode('one\n'));
      await delay(100);
      controller.enqueue(encoder.encode('two\n'));
      controller.close();
    },
  });
});
