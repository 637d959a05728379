import { createCrowdsec } from '@crowdsec-sdk/core';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { scaledTime } from './scaled-time.mjs';

/** @import { AgentRun, Place } from './types.d.mts' */

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * How long a call to CAPI may take, in ms of the machine's time: less than any lease lasts. Redis counts those by the machine's time, in
 * files the agents count them by their own.
 *
 * @param {Place} place
 * @param {number} scale
 */
export function callTimeoutMs(place, scale) {
  return 'redisSocket' in place ? 1_000 : Math.min(1_000, 10_000 / scale);
}

/**
 * The agent that every process of a run opens.
 *
 * @param {AgentRun} run
 */
export function openAgent({ apiUrl, place, scale = 1, epoch = 0 }) {
  return createCrowdsec({
    apiUrl,
    scenarios: ['chaos/probe'],
    bufferSize: 50_000,
    ...scaledTime(scale, epoch),
    // As much of the machine's time as usual, for that is what disks and servers take.
    journalDelayMs: Math.min(5_000, 100 * scale),
    logger: silent,
    ...('redisSocket' in place ? onRedis(place) : onFiles(place, scale)),
  });
}

/** @param {Extract<Place, { redisSocket: string }>} place */
function onRedis(place) {
  const store = new Keyv(new KeyvRedis({ socket: { path: place.redisSocket, tls: false } }));
  return { store, namespace: 'chaos', timeoutMs: callTimeoutMs(place, 1) };
}

/**
 * The agent takes the time-out for the length of its leases, so it is told of it in its own time; calls end by the machine's.
 *
 * @param {Extract<Place, { stateDir: string }>} place
 * @param {number} scale
 */
function onFiles(place, scale) {
  const timeoutMs = callTimeoutMs(place, scale);
  /** @type {typeof fetch} */
  const inTime = async (url, init) => {
    const abort = new AbortController();
    const breakOff = () => abort.abort(init?.signal?.reason);
    const timer = setTimeout(() => abort.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    init?.signal?.addEventListener('abort', breakOff, { once: true });
    try {
      return await fetch(url, { ...init, signal: abort.signal });
    } finally {
      clearTimeout(timer);
      init?.signal?.removeEventListener('abort', breakOff);
    }
  };
  return { stateDir: place.stateDir, timeoutMs: timeoutMs * scale, fetch: inTime };
}
