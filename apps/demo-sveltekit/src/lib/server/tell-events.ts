import { EXTENSION_API_VERSION, type DetectionEvent, type Extension } from '@crowdsec-sdk/core/extension';

const tell = (event: DetectionEvent): undefined => void process.stdout.write(`${JSON.stringify(event)}\n`);

/** Writes what detectors are told to the standard output, each event a line of JSON. */
export const tellEvents: Extension = {
  name: 'demo.tell-events',
  apiVersion: EXTENSION_API_VERSION,
  detectors: [{ name: 'tell', on: ['request', 'response'], detect: tell }],
};
