import { defineEventHandler } from 'h3';

export default defineEventHandler(() => new Promise<never>(() => undefined));
