import { orders } from '$lib/server/orders';

export const GET = (): Response => new Response(`${orders.count}`);
