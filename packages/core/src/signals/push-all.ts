import { randomUUID } from 'node:crypto';
import type { Signal } from '../capi/wire.js';
import type { Clock } from '../clock.js';
import { CrowdsecError, isCrowdsecError } from '../errors.js';
import type { ReportChannel } from '../networks/report-channel.js';
import { sleep, type Scheduler } from '../scheduler.js';
import type { SignalIntakeOptions } from './intake-options.js';
import { buildSignal, checkReport } from './build-signal.js';
import type { Pacer, Turn, TurnOutcome } from './pacer.js';
import { pushInTurn } from './push-in-turn.js';
import type { PushResult, RefusalReason, Report, Whisper } from './report.js';

/** A call without an answer is repeated this often before it is reported to the caller as failed. */
const MAX_ATTEMPTS = 5;
/** So many signals, refused alone before the network has taken any, are no accident: it refuses whatever it is sent. */
const REFUSALS_OF_AN_OUTAGE = 3;

export interface PushOptions extends Pick<SignalIntakeOptions, 'declared' | 'isReportable'> {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly pacer: Pacer;
  readonly channel: ReportChannel;
  readonly isStopped: () => boolean;
}

interface Numbered {
  readonly index: number;
  readonly signal: Signal;
}

/**
 * Sends signals that the caller holds, in calls of as many as the network takes (CAPI: 250) through the pacer. A call that CAPI refuses for what is in it is
 * halved until the signal that it refuses stands alone; the others get through.
 *
 * @throws CrowdsecError for a wrong report, before anything is sent; or when a call failed for good, or CAPI refuses every signal alike
 */
export async function pushAll(reports: readonly (Report | Whisper)[], options: PushOptions): Promise<PushResult> {
  const { declared, clock, isReportable } = options;
  const checked = reports.map((report, index) =>
    checkReport(report, 'decision' in report ? 'decision' : 'whisper', {
      declared,
      now: clock.now(),
      path: `signals[${index}]`,
    }),
  );
  const refused: { index: number; reason: string }[] = [];
  const signals: Numbered[] = [];
  checked.forEach((report, index) => {
    const reason: RefusalReason | undefined = report.prefix === undefined ? 'invalid-ip' : isReportable(report.prefix);
    if (reason === undefined) signals.push({ index, signal: buildSignal(report.facts, randomUUID()) });
    else refused.push({ index, reason });
  });

  const batches = inBatches(signals, options.channel.pace.mostPerCall);
  let accepted = 0;
  let refusedAlone = 0;
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    const refusal = await send(batch, options);
    if (refusal === undefined) {
      accepted += batch.length;
    } else if (batch.length > 1) {
      batches.unshift(batch.slice(0, batch.length / 2), batch.slice(batch.length / 2));
    } else {
      refused.push({ index: batch[0]!.index, reason: refusal.message });
      if (accepted > 0) continue;
      // The network has accepted none so far: another signal from the journal shows whether it accepts any.
      const another = takeAnySignal(batches);
      if (another !== undefined && ++refusedAlone >= REFUSALS_OF_AN_OUTAGE) throw refusal;
      if (another !== undefined) batches.unshift([another]);
    }
  }
  return { accepted, refused: refused.sort((a, b) => a.index - b.index) };
}

/** Takes any signal out of these batches; `undefined` when there is none left. */
function takeAnySignal(batches: (readonly Numbered[])[]): Numbered | undefined {
  const at = Math.floor(Math.random() * batches.length);
  const batch = batches[at];
  if (batch === undefined) return undefined;
  const place = Math.floor(Math.random() * batch.length);
  batches.splice(at, 1, ...[batch.slice(0, place), batch.slice(place + 1)].filter(({ length }) => length > 0));
  return batch[place];
}

function inBatches(signals: readonly Numbered[], mostPerCall: number): (readonly Numbered[])[] {
  const batches: (readonly Numbered[])[] = [];
  for (let at = 0; at < signals.length; at += mostPerCall) batches.push(signals.slice(at, at + mostPerCall));
  return batches;
}

/** What one call came to: taken, refused for what is in it, or failed. */
interface Outcome {
  readonly refusal?: CrowdsecError;
  readonly failure?: CrowdsecError;
  /** There was no login for it. When that is tried again, its own budget says, and that may take longer than a caller waits. */
  readonly lacksLogin?: boolean;
}

/** Sends one call's worth when its turn comes; resolves with the network's refusal if what is in it is the reason. */
async function send(batch: readonly Numbered[], options: PushOptions): Promise<CrowdsecError | undefined> {
  const { pacer, clock, scheduler, isStopped } = options;
  for (let attempts = 1; ;) {
    if (isStopped()) throw new CrowdsecError('CROWDSEC_STOPPED', 'The agent was stopped before all signals were sent.');
    const outcome = await pacer.turn((turn) => call(batch, turn, options));
    if (outcome !== undefined && outcome.failure === undefined) return outcome.refusal;
    if (outcome?.failure !== undefined && (!isTransient(outcome) || attempts++ >= MAX_ATTEMPTS)) throw outcome.failure;
    await sleep(scheduler, 'crowdsec:signals-turn', Math.max(250, pacer.allowedAt - clock.now()));
  }
}

async function call(batch: readonly Numbered[], turn: Turn, { channel }: PushOptions): Promise<TurnOutcome<Outcome>> {
  const signals = batch.map(({ signal }) => signal);
  const notTaken = await pushInTurn(channel, turn, signals);
  if (notTaken === undefined) return { value: {} };
  const { error, lacksLogin, refusesContent } = notTaken;
  if (!isCrowdsecError(error)) throw error;
  if (refusesContent) return { value: { refusal: error } };
  return { value: { failure: error, lacksLogin }, failure: error };
}

/** Whether waiting helps within the life of this call. A token that was refused once is a fresh one in the next turn. */
function isTransient({ failure, lacksLogin }: Outcome): boolean {
  if (failure === undefined || lacksLogin === true) return false;
  const { code, status = 0 } = failure;
  return (
    code === 'CROWDSEC_API_UNREACHABLE' ||
    (code === 'CROWDSEC_API_STATUS' && [401, 403, 429].includes(status)) ||
    status >= 500
  );
}
