export function loader(): Response {
  throw new Error('boom');
}
