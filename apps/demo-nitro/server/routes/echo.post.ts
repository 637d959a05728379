import { defineEventHandler, sendStream } from 'h3';

export default defineEventHandler((event) => sendStream(event, event.node.req));
