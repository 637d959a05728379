import type { ActionFunctionArgs } from 'react-router';

export async function action({ request }: ActionFunctionArgs): Promise<Response> {
  return Response.json(Object.fromEntries(await request.formData()));
}
