import { defineEventHandler } from 'h3';

export default defineEventHandler(({ context }) => `Hello ${context.crowdsec?.ip ?? 'stranger'}\n`);
