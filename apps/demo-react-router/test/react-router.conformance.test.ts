import { adapterConformance, bodyConformance, nodeHost } from '@crowdsec-sdk/conformance';
import { createApp } from '../create-app.js';

/** The build's own server code, on a server of this process. */
const host = nodeHost('react-router', createApp);

adapterConformance(host);
bodyConformance({ ...host, inflates: false });
