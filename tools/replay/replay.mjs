import { LocalDecisions } from '../../packages/core/dist/decisions/local-decisions.js';
import {
  canonicalIp,
  ExtensionHost,
  isPublicIp,
  openStore,
  parseGoDuration,
  parsePrefix,
  RemediationEngine,
  silentLogger,
} from '../../packages/core/dist/index.js';
import { BelievedLines } from './believed-lines.mjs';
import { parseLine } from './parse-line.mjs';

/**
 * @import { Detection, Extension, LocalDecisionRequest, Receipt } from '../../packages/core/dist/index.js'
 * @import { LogEntry } from './parse-line.mjs'
 */

/**
 * Shows the lines of a log to extensions as if its requests came now, by the log's own time. A client that was decided about is refused
 * from then on, so that what it asks later counts as refused, as it would have been.
 */
export class Replay {
  /** @type {(Detection & { at: number })[]} */
  detections = [];
  lines = 0;
  unreadable = 0;
  refused = 0;
  firstAt = Infinity;
  lastAt = -Infinity;
  #now = 0;
  #local = new LocalDecisions({ limit: 1_000_000 });
  #engine;
  #host;
  /** @type {BelievedLines<LogEntry>} */
  #believed = new BelievedLines({ onBelieved: (entry) => this.#play(entry), onRefuted: () => this.unreadable++ });

  /** @param {readonly Extension[]} extensions */
  constructor(extensions) {
    const clock = { now: () => this.#now, monotonic: () => this.#now };
    /** Nothing that was planned happens: a log's time stands still between its lines. */
    const scheduler = { schedule: () => ({ [Symbol.dispose]() {} }) };
    this.#engine = new RemediationEngine({ local: this.#local, clock, logger: silentLogger });
    /** @type {Receipt} */
    const receipt = { status: 'buffered', uuid: '', stored: Promise.resolve() };
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
          if (state === 'off') throw new Error(`${name} failed: ${reason}`);
        },
      },
    });
  }

  start() {
    return this.#host.start();
  }

  /** @param {string} line */
  show(line) {
    if (line === '' || line === '\r') return;
    this.lines++;
    const entry = parseLine(line);
    const ip = entry && canonicalIp(entry.ip);
    if (entry === undefined || ip === undefined) this.unreadable++;
    else this.#believed.add({ ...entry, ip });
  }

  /** After the last line: some may have waited for it. */
  end() {
    this.#believed.end();
  }

  /** @param {LogEntry} entry */
  #play({ ip, at, user, method, path, status, userAgent }) {
    // Servers write a line when its request ends: lines come a little out of order.
    this.#now = Math.max(this.#now, at);
    this.firstAt = Math.min(this.firstAt, at);
    this.lastAt = Math.max(this.lastAt, at);
    /** @type {'block' | 'pass'} */
    const action = this.#isDecidedAbout(ip) ? 'block' : 'pass';
    if (action === 'block') this.refused++;
    const traits = { ip, at, method, path, userAgent, action };
    this.#host.show({ kind: 'request', ...traits });
    this.#host.show({ kind: 'response', ...traits, status, durationMs: 0 });
    // Whom HTTP authentication turned away has a name in the log.
    if (status === 401 && user !== '' && action === 'pass')
      this.#host.show({ kind: 'app:login-failed', ip, at, facts: { user } });
  }

  /** @param {LocalDecisionRequest} request */
  #decide({ ip, range, type = 'ban', duration = '4h', scenario }) {
    const { expiresAt, value } = this.#local.add(
      { value: ip ?? range ?? '', type, durationMs: parseGoDuration(duration) ?? 0, scenario },
      this.#now,
    );
    return { value, expiresAt, stored: Promise.resolve() };
  }

  /** @param {string} ip */
  #isDecidedAbout(ip) {
    return this.#local.size > 0 && this.#engine.getIpRemediation(ip).origin === 'crowdsec';
  }
}
