import { captchaInBrowser } from '@crowdsec-sdk/conformance/browser';
import { nextHost } from './next-host.js';

captchaInBrowser(nextHost);
