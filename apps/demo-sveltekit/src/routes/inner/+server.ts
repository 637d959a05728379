import type { RequestHandler } from '@sveltejs/kit';

/** Asks the application itself, as pages do while they are rendered. */
export const GET: RequestHandler = ({ fetch }) => fetch('/whoami');
