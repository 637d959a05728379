import adapter from '@sveltejs/adapter-node';

/** @type {import('@sveltejs/kit').Config} */
export default {
  kit: {
    adapter: adapter({ precompress: false }),
    // What SvelteKit refuses by itself, it refuses before its hooks; here the forms of the tests are to reach the hook.
    csrf: { trustedOrigins: ['*'] },
  },
};
