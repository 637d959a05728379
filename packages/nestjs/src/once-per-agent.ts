import type { Crowdsec } from '@crowdsec-sdk/core';

const doneByAgent = new WeakMap<Crowdsec, Set<string>>();

/** Runs something once for each agent, by its name, such as a warning: there are as many guards as there are modules. */
export function oncePerAgent(crowdsec: Crowdsec, what: string, run: () => void): void {
  const done = doneByAgent.get(crowdsec) ?? new Set();
  if (done.has(what)) return;
  doneByAgent.set(crowdsec, done.add(what));
  run();
}
