import { nodeHost } from '@crowdsec-sdk/conformance';
import { captchaInBrowser } from '@crowdsec-sdk/conformance/browser';
import { createApp } from '../src/app.js';

captchaInBrowser(
  nodeHost('koa', (crowdsec) => {
    const answer = createApp(crowdsec).callback();
    return (request, response) => void answer(request, response);
  }),
);
