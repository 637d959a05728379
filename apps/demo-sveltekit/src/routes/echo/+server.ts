import type { RequestHandler } from '@sveltejs/kit';

export const POST: RequestHandler = ({ request }) => new Response(request.body);
