import { orders } from '../orders';

export const loader = (): Response => new Response(`${orders.count}`);
