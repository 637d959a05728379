export async function POST(request: Request): Promise<Response> {
  return Response.json(Object.fromEntries(await request.formData()));
}
