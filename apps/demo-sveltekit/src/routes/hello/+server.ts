export const GET = (): Response => new Response('hello', { headers: { 'x-app': 'hello' } });
