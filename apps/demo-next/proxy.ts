import { createCrowdsecProxy } from '@crowdsec-sdk/next';
import { crowdsecOptions } from './crowdsec-options';

export const proxy = createCrowdsecProxy(crowdsecOptions);

export const config = {
  matcher: [
    { source: '/', locale: false },
    { source: '/((?!_next/static|_next/image).*)', locale: false },
  ],
};
