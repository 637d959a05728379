import { createCrowdsecProxy } from '@crowdsec-sdk/next';
import { options } from './crowdsec-options';

export const proxy = createCrowdsecProxy(options);

export const config = { matcher: ['/', '/((?!_next/static|_next/image).*)'] };
