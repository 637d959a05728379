import { orders } from '../orders';

export function action(): Response {
  orders.count++;
  return new Response('ordered');
}
