import { captchaInBrowser } from '@crowdsec-sdk/conformance/browser';
import { nestHost } from './conformance-host.js';
import { platforms } from './running-app.js';

for (const platform of platforms) captchaInBrowser(nestHost(platform));
