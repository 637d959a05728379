export const loader = (): Response => new Response('hello', { headers: { 'x-app': 'hello' } });
