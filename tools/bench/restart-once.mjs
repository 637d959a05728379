import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../packages/core/dist/clock.js';
import { EventLoopYielder } from '../../packages/core/dist/decisions/event-loop-yielder.js';
import { checkIndex } from '../../packages/core/dist/decisions/check-index.js';
import { DecisionIndex } from '../../packages/core/dist/decisions/decision-index.js';
import { RemediationEngine } from '../../packages/core/dist/remediation/remediation-engine.js';
import { openBenchStore } from './restart-store.mjs';

/**
 * One restart: prints how long the first answer took from the opening of the store on, and how long a copy of as many
 * bytes takes, in ms. What lookups follow is checked, unless the last argument is `unchecked`. The engine and the application's own Keyv, connected, are there before.
 */
const [kind, place, listed, check = 'checked'] = process.argv.slice(2);
const keyv = kind === 'redis' ? new Keyv(new KeyvRedis({ socket: { path: place, tls: false } })) : undefined;
await keyv?.store.getClient();
const engine = new RemediationEngine({ clock: systemClock });
// What the imports left to do is not part of it.
await delay(30);

const start = performance.now();
const store = openBenchStore(keyv ? { store: keyv } : { stateDir: place });
const blob = await store.getBlob('decisions');
if (blob === undefined) throw new Error('nothing is stored');
const index = DecisionIndex.fromBlob(blob);
if (check === 'checked') await checkIndex(index, new EventLoopYielder());
engine.swap(index);
const { origin } = engine.getIpRemediation(listed);
const answered = performance.now();
if (origin === 'clean') throw new Error('a listed address is not found');
Buffer.concat(blob.chunks);
const copied = performance.now();

console.log(JSON.stringify({ value: answered - start, floor: copied - answered }));
await store.close();
await keyv?.disconnect();
