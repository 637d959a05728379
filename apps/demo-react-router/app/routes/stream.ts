export function loader(): Response {
  const encoder = new TextEncoder();
  const slowly = new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode('one\n'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.enqueue(encoder.encode('two\n'));
      controller.close();
    },
  });
  return new Response(slowly);
}
