import { crowdsecContext } from '@crowdsec-sdk/react-router';
import type { LoaderFunctionArgs } from 'react-router';

export function loader({ context }: LoaderFunctionArgs): Response {
  const { ip = null, remediation, origin } = context.get(crowdsecContext) ?? {};
  return Response.json({ ip, remediation, origin });
}
