import { adapterConformance, nodeHost } from '@crowdsec-sdk/conformance';
import { createApp } from './app.js';

adapterConformance(nodeHost('koa', (crowdsec) => createApp(crowdsec).callback()));
