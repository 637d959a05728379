/** One light function of the entry of parts. */
import { isPublicIp } from '@crowdsec-sdk/core/engine';

console.log(typeof isPublicIp);
