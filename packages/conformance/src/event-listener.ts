import { EXTENSION_API_VERSION, type DetectionEvent, type Extension } from '@crowdsec-sdk/core/extension';

/** An extension that hands on what detectors are told of requests and answers, and finds nothing. */
export function eventListener(onEvent: (event: DetectionEvent) => void): Extension {
  return {
    name: 'conformance.listener',
    apiVersion: EXTENSION_API_VERSION,
    detectors: [{ name: 'all', on: ['request', 'response'], detect: (event) => void onEvent(event) }],
  };
}
