import { crowdsecMiddleware } from '@crowdsec-sdk/h3';
import { guard } from '../utils/crowdsec';

/** A second guard of the same agent, which judges nobody twice. */
export default crowdsecMiddleware(guard.crowdsec);
