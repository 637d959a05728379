import { countOrder } from '../orders/count';

export function POST(): Response {
  countOrder();
  return new Response('ordered');
}
