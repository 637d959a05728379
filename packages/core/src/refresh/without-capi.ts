import { DeltaBuilder } from '../decisions/decision-delta.js';
import type { DecisionSource } from '../sources/decision-source.js';

/** Stands in CAPI's place for an agent that does not speak to it: its other sources are asked at the same pace. */
export const WITHOUT_CAPI: DecisionSource = {
  name: 'without-capi',
  feeds: ['without-capi:'],
  pull: () => Promise.resolve({ delta: new DeltaBuilder().build(), lists: [], state: {} }),
};
