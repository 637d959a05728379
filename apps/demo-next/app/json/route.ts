export async function POST(request: Request): Promise<Response> {
  try {
    return Response.json(await request.json());
  } catch {
    return new Response('That is no JSON.\n', { status: 400 });
  }
}
