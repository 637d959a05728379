import { json, type RequestHandler } from '@sveltejs/kit';

export const GET: RequestHandler = ({ locals }) => {
  const { ip = null, remediation, origin } = locals.crowdsec ?? {};
  return json({ ip, remediation, origin });
};
