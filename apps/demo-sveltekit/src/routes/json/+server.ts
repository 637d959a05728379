import { json, type RequestHandler } from '@sveltejs/kit';

export const POST: RequestHandler = async ({ request }) => {
  try {
    return json(await request.json());
  } catch {
    return new Response('That is no JSON.\n', { status: 400 });
  }
};
