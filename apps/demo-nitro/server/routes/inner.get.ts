import { defineEventHandler } from 'h3';

/** Asks the application itself, as pages of Nuxt do while they are rendered. */
export default defineEventHandler((event) => event.fetch('/whoami'));
