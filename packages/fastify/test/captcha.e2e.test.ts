import { captchaInBrowser } from '@crowdsec-sdk/conformance/browser';
import { nodeHost } from '@crowdsec-sdk/conformance';
import { createApp } from './app.js';

captchaInBrowser(nodeHost('fastify', async (crowdsec) => (await createApp(crowdsec)).server));
