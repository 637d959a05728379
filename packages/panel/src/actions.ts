import { isCrowdsecError, type Crowdsec } from '@crowdsec-sdk/core';
import { nodeFacts } from '@crowdsec-sdk/core/adapter';
import { parsePrefix, PrefixSet } from '@crowdsec-sdk/core/engine';
import type { PanelRequest } from './options.js';

/** An answer in data. */
export interface ActionAnswer {
  readonly status: number;
  readonly body: unknown;
}

type Input = Readonly<Record<string, unknown>>;

/** The scenario of decisions that somebody makes by hand. */
const MANUAL = 'manual/panel';

/** All that applies to an address, and what is made of it. */
export function explain(crowdsec: Crowdsec, ip: string): ActionAnswer {
  const address = ip.trim();
  const prefix = parsePrefix(address);
  if (prefix === undefined || address.includes('/')) return refusal('This is no IP address.', 'ip');
  return {
    status: 200,
    body: { ip: address, result: crowdsec.getIpRemediation(address), matches: crowdsec.explain(address) },
  };
}

/** Adds a local decision. One that holds whoever makes it is refused unless they insist. */
export function addDecision(crowdsec: Crowdsec, input: Input, request: PanelRequest): ActionAnswer {
  const { duration, type } = input;
  const value = textOf(input.value);
  if (parsePrefix(value) === undefined)
    return refusal('This is no IP address, and no range such as 192.0.2.0/24.', 'value');
  const own = crowdsec.bouncer.clientIp(nodeFacts(request));
  const ownPrefix = own === undefined ? undefined : parsePrefix(own);
  if (input.force !== true && ownPrefix !== undefined && PrefixSet.from([value], 'value').touches(ownPrefix)) {
    return { status: 409, body: { message: `${value} holds ${own ?? ''}, your own address.`, field: 'value' } };
  }
  return answerOf(() => {
    const where = value.includes('/') ? { range: value } : { ip: value };
    const made = crowdsec.decide({
      ...where,
      type: textOf(type) || 'ban',
      duration: textOf(duration) || '4h',
      scenario: MANUAL,
    });
    return { value: made.value, expiresAt: made.expiresAt };
  });
}

/** Lifts the local decision about exactly this address or range. */
export function liftDecision(crowdsec: Crowdsec, input: Input): ActionAnswer {
  const value = textOf(input.value);
  if (parsePrefix(value) === undefined)
    return refusal('This is no IP address, and no range such as 192.0.2.0/24.', 'value');
  return answerOf(() => ({ lifted: crowdsec.lift(value.includes('/') ? { range: value } : { ip: value }) }));
}

/** Sends the signals that wait, if a call may leave. */
export async function flush(crowdsec: Crowdsec): Promise<ActionAnswer> {
  try {
    return { status: 200, body: await crowdsec.flushSignals() };
  } catch (error) {
    if (!isCrowdsecError(error)) throw error;
    return { status: 503, body: { message: error.message, code: error.code } };
  }
}

function answerOf(work: () => unknown): ActionAnswer {
  try {
    return { status: 200, body: work() };
  } catch (error) {
    if (isCrowdsecError(error)) return refusal(error.message, error.path?.replace(/^decision\./, ''));
    throw error;
  }
}

function refusal(message: string, field: string | undefined): ActionAnswer {
  return { status: 400, body: { message, field: field === 'ip' || field === 'range' ? 'value' : field } };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim().slice(0, 100) : '';
}
