import { adapterConformance } from '@crowdsec-sdk/conformance';
import { describe } from 'vitest';
import { nestHost } from './conformance-host.js';
import { platforms } from './running-app.js';

describe.each(platforms)('NestJS on $platform', (platform) => {
  adapterConformance(nestHost(platform));
});
