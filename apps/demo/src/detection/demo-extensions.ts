import type { Extension } from '@crowdsec-sdk/core/extension';
import { scenarios } from '@crowdsec-sdk/scenarios';
import { fragile } from './fragile.js';

/** What the site notices: by an extension of its own, and by bundled scenarios with thresholds that a few clicks reach. */
export function demoExtensions(): readonly Extension[] {
  return [
    fragile(),
    ...scenarios({
      vendor: 'demo',
      // Nothing here can be written to or bought.
      except: ['contact-spam', 'card-testing'],
      loginBruteforce: { capacity: 4, blackhole: PLAY_AGAIN_AFTER },
      http404: { capacity: 19, blackhole: PLAY_AGAIN_AFTER, whisper: { capacity: 5, blackhole: PLAY_AGAIN_AFTER } },
    }),
  ];
}

/** Then somebody whose ban was lifted is noticed again; minutes are usual. */
const PLAY_AGAIN_AFTER = '5s';
