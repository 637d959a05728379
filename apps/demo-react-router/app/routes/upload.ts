import type { ActionFunctionArgs } from 'react-router';

export async function action({ request }: ActionFunctionArgs): Promise<Response> {
  const form = await request.formData();
  const file = form.get('file');
  if (!(file instanceof File)) return new Response('There is no file.\n', { status: 400 });
  return Response.json({ note: form.get('note'), name: file.name, size: file.size });
}
