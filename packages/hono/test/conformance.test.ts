import { adapterConformance, nodeHost } from '@crowdsec-sdk/conformance';
import { getRequestListener } from '@hono/node-server';
import { createApp } from './app.js';

adapterConformance(nodeHost('hono', (crowdsec) => getRequestListener(createApp(crowdsec).fetch)));
