import type { DetectionEvent } from '@crowdsec-sdk/core/extension';

/** A fact that the application told with its event, as text; `undefined` where there is none. */
export function factOf(event: DetectionEvent, name: string): string | undefined {
  if (!('facts' in event)) return undefined;
  const fact = event.facts[name];
  return fact === undefined || fact === '' ? undefined : String(fact);
}
