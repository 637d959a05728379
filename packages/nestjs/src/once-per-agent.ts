import type { Crowdsec } from '@crowdsec-sdk/core';

const said = new WeakMap<Crowdsec, Set<string>>();

/** Says something the first time that it is to be said about an agent: there are as many guards as there are modules. */
export function oncePerAgent(crowdsec: Crowdsec, what: string, say: () => void): void {
  const known = said.get(crowdsec) ?? new Set();
  if (known.has(what)) return;
  said.set(crowdsec, known.add(what));
  say();
}
