import type { PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals }) => ({ client: locals.crowdsec?.ip ?? 'stranger' });
