import { setTimeout as delay } from 'node:timers/promises';

export function GET(): Response {
  const encoder = new TextEncoder();
  const slowly = new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode('one\n'));
      await delay(100);
      controller.enqueue(encoder.encode('two\n'));
      controller.close();
    },
  });
  return new Response(slowly);
}
