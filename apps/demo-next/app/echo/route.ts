export function POST(request: Request): Response {
  return new Response(request.body);
}
