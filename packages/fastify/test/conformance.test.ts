import { adapterConformance, nodeHost } from '@crowdsec-sdk/conformance';
import { createApp } from './app.js';

adapterConformance(nodeHost('fastify', async (crowdsec) => (await createApp(crowdsec)).server));
