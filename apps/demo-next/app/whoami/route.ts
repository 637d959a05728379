import { withCrowdsec } from '@crowdsec-sdk/next';

export const GET = withCrowdsec((_request, { crowdsec: { ip = null, remediation, origin } }) =>
  Response.json({ ip, remediation, origin }),
);
