import { json, type RequestHandler } from '@sveltejs/kit';

export const POST: RequestHandler = async ({ request }) => {
  const form = await request.formData();
  const file = form.get('file');
  if (!(file instanceof File)) return new Response('There is no file.\n', { status: 400 });
  return json({ note: form.get('note'), name: file.name, size: file.size });
};
