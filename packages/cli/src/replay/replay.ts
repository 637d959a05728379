import {
  silentLogger,
  type Detection,
  type LocalDecisionRequest,
  type LocalDecisionResult,
  type Receipt,
} from '@crowdsec-sdk/core';
import { parseGoDuration, type Extension } from '@crowdsec-sdk/core/extension';
import {
  canonicalIp,
  ExtensionHost,
  isPublicIp,
  LocalDecisions,
  parsePrefix,
  RemediationEngine,
} from '@crowdsec-sdk/core/engine';
import { openStore } from '@crowdsec-sdk/core/store';
import { PlausibleLines } from './plausible-lines.js';
import { parseLine, type LogEntry } from './parse-line.js';

/**
 * Shows the lines of a log to extensions as if its requests came now, by the log's own time. A client that was decided about is refused
 * from then on, so that what it asks later counts as refused, as it would have been.
 */
export class Replay {
  readonly detections: (Detection & { readonly at: number })[] = [];
  lines = 0;
  unreadable = 0;
  refused = 0;
  firstAt = Infinity;
  lastAt = -Infinity;
  #now = 0;
  readonly #local = new LocalDecisions({ limit: 1_000_000 });
  readonly #engine: RemediationEngine;
  readonly #host: ExtensionHost;
  readonly #plausible = new PlausibleLines<LogEntry>({
    onAccepted: (entry) => this.#dispatch(entry),
    onRejected: () => void this.unreadable++,
  });

  constructor(extensions: readonly Extension[]) {
    const clock = { now: () => this.#now, monotonic: () => this.#now };
    /** Nothing that was planned happens: a log's time stands still between its lines. */
    const scheduler = { schedule: () => ({ [Symbol.dispose]: () => undefined }) };
    this.#engine = new RemediationEngine({ local: this.#local, clock, logger: silentLogger });
    const receipt: Receipt = { status: 'buffered', uuid: '', stored: Promise.resolve() };
    this.#host = new ExtensionHost({
      extensions,
      actions: {
        reasonNotReportable: (address) => {
          const prefix = parsePrefix(address);
          return prefix !== undefined && isPublicIp(prefix) ? undefined : 'non-public-ip';
        },
        decide: (decision) => this.#decide(decision),
        report: () => receipt,
        whisper: () => receipt,
      },
      store: openStore({
        namespace: 'replay',
        apiRoot: 'http://localhost/',
        ephemeral: true,
        clock,
        logger: silentLogger,
      }),
      clock,
      scheduler,
      logger: silentLogger,
      listener: {
        detected: (detection) => this.detections.push({ ...detection, at: this.#now }),
        changed: ({ name, state, reason }) => {
          if (state === 'off') throw new Error(`${name} failed: ${reason ?? 'no reason given'}`);
        },
      },
    });
  }

  start(): Promise<void> {
    return this.#host.start();
  }

  processLine(line: string): void {
    if (line === '' || line === '\r') return;
    this.lines++;
    const entry = parseLine(line);
    const ip = entry && canonicalIp(entry.ip);
    if (entry === undefined || ip === undefined) this.unreadable++;
    else this.#plausible.add({ ...entry, ip });
  }

  /** After the last line: some may have waited for it. */
  flush(): void {
    this.#plausible.flush();
  }

  #dispatch({ ip, at, user, method, path, status, userAgent }: LogEntry): void {
    // Servers write a line when its request ends: lines come a little out of order.
    this.#now = Math.max(this.#now, at);
    this.firstAt = Math.min(this.firstAt, at);
    this.lastAt = Math.max(this.lastAt, at);
    const action: 'block' | 'pass' = this.#isBlocked(ip) ? 'block' : 'pass';
    if (action === 'block') this.refused++;
    const traits = { ip, at, method, path, userAgent, action };
    this.#host.show({ kind: 'request', ...traits });
    this.#host.show({ kind: 'response', ...traits, status, durationMs: 0 });
    // Whom HTTP authentication turned away has a name in the log.
    if (status === 401 && user !== '' && action === 'pass')
      this.#host.show({ kind: 'app:login-failed', ip, at, facts: { user } });
  }

  #decide({ ip, range, type = 'ban', duration = '4h', scenario }: LocalDecisionRequest): LocalDecisionResult {
    const { expiresAt, value } = this.#local.add(
      { value: ip ?? range ?? '', type, durationMs: parseGoDuration(duration) ?? 0, scenario },
      this.#now,
    );
    return { value, expiresAt, stored: Promise.resolve() };
  }

  #isBlocked(ip: string): boolean {
    return this.#local.size > 0 && this.#engine.getIpRemediation(ip).origin === 'crowdsec';
  }
}
