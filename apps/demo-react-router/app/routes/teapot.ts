export const loader = (): Response => new Response('teapot', { status: 418 });
