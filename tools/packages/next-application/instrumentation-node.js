import { registerCrowdsec } from '@crowdsec-sdk/next';
import { options } from './crowdsec-options';

await registerCrowdsec(options);
