import { registerCrowdsec } from '@crowdsec-sdk/next';
import { crowdsecOptions } from './crowdsec-options';

await registerCrowdsec(crowdsecOptions);
