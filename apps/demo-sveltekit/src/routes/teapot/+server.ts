import { error } from '@sveltejs/kit';

export function GET(): Response {
  error(418, 'teapot');
}
