import { adapterConformance, nodeHost } from '@crowdsec-sdk/conformance';
import { createApp } from './app.js';

adapterConformance(nodeHost('node-http', createApp));
