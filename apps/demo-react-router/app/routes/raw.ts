import type { ActionFunctionArgs } from 'react-router';

export const action = async ({ request }: ActionFunctionArgs): Promise<Response> =>
  new Response(await request.arrayBuffer());
