import { defineEventHandler } from 'h3';

export default defineEventHandler(({ context }) => {
  const { ip = null, remediation, origin } = context.crowdsec ?? {};
  return { ip, remediation, origin };
});
