import { createCrowdsecProxy } from '@crowdsec-sdk/next';
import { crowdsecOptions } from './crowdsec-options';

export const proxy = createCrowdsecProxy(crowdsecOptions());

export const config = { matcher: ['/', '/((?!_next/static|_next/image).*)'] };
