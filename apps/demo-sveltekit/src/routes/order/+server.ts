import { orders } from '$lib/server/orders';

export function POST(): Response {
  orders.count++;
  return new Response('ordered');
}
