import { defineEventHandler } from 'h3';
import { orders } from '../utils/orders';

export default defineEventHandler(() => {
  orders.count++;
  return 'ordered';
});
