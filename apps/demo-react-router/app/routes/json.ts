import type { ActionFunctionArgs } from 'react-router';

export async function action({ request }: ActionFunctionArgs): Promise<Response> {
  try {
    return Response.json(await request.json());
  } catch {
    return new Response('That is no JSON.\n', { status: 400 });
  }
}
