import { expect, it } from 'vitest';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { DeltaBuilder } from '../decisions/decision-delta.js';
import { readStreamAnswer } from './stream-answer.js';

it('reads so many decisions of a stream at most, and counts what it leaves out', async () => {
  const decisions = Array.from({ length: 30 }, (_, i) => ({ value: `192.0.2.${i}`, duration: '1h' }));
  const answer = {
    new: [{ scope: 'ip', scenario: 's', decisions }],
    deleted: [{ scope: 'ip', decisions: ['192.0.2.99'] }],
  };
  const delta = new DeltaBuilder();
  await readStreamAnswer({ answer, delta, now: 0, yielder: new EventLoopYielder(), most: 20 });
  expect(delta.build()).toMatchObject({ added: 19, deleted: 1, skipped: { 'too-many': 11 } });
});
