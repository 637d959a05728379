import { adapterConformance, nodeHost } from '@crowdsec-sdk/conformance';
import { createApp } from './app-h3-2.js';

adapterConformance(nodeHost('h3 2', createApp));
