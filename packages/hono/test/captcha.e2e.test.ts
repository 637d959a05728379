import { captchaInBrowser } from '@crowdsec-sdk/conformance/browser';
import { nodeHost } from '@crowdsec-sdk/conformance';
import { getRequestListener } from '@hono/node-server';
import { createApp } from './app.js';

captchaInBrowser(nodeHost('hono', (crowdsec) => getRequestListener(createApp(crowdsec).fetch)));
