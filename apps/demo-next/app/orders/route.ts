import { ordersSoFar } from './count';

export const dynamic = 'force-dynamic';

export function GET(): Response {
  return new Response(`${ordersSoFar()}`);
}
