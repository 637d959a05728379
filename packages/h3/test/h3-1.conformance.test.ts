import { adapterConformance, nodeHost } from '@crowdsec-sdk/conformance';
import { createApp } from './app-h3-1.js';

adapterConformance(nodeHost('h3 1', createApp));
