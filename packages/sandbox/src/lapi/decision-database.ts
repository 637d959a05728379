import { randomUUID } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { TimeSource } from '../clock.js';
import { formatGoDuration, parseGoDuration } from './go-duration.js';

/** A decision to add, as `cscli decisions add` or an alert makes one. */
export interface LapiDecisionInput {
  /** Kept and told as it is written. */
  readonly value: string;
  /** Default `Range` for a value with a slash, else `Ip`. */
  readonly scope?: string;
  /** Default `ban`. */
  readonly type?: string;
  /** Go syntax; default `4h`. */
  readonly duration?: string;
  /** Default `cscli`. */
  readonly origin?: string;
  /** Default `manual 'ban' from 'sandbox'`. */
  readonly scenario?: string;
  readonly simulated?: boolean;
}

/** A row of the database. Moments are in ms since the epoch. */
export interface LapiDecision {
  readonly id: number;
  readonly uuid: string;
  readonly alertId: number | undefined;
  readonly value: string;
  readonly scope: string;
  readonly type: string;
  readonly origin: string;
  readonly scenario: string;
  readonly simulated: boolean;
  readonly createdAt: number;
  readonly until: number;
}

/** Which rows a stream answer is about. Texts are as they stood in the query. */
export interface StreamFilter {
  readonly scopes: readonly string[];
  readonly origins: readonly string[] | undefined;
  readonly scenariosContaining: readonly string[] | undefined;
  readonly scenariosNotContaining: readonly string[] | undefined;
  readonly dedup: boolean;
}

/** The decisions of an engine: rows that are never changed but by ending them, as the engine's database has them. */
export class DecisionDatabase {
  readonly #clock: TimeSource;
  #rows: LapiDecision[] = [];
  #nextId = 1;

  constructor(clock: TimeSource) {
    this.#clock = clock;
  }

  /** Every row, those that have ended included. */
  all(): readonly LapiDecision[] {
    return this.#rows;
  }

  /** Rows that are in force. */
  active(): readonly LapiDecision[] {
    const now = this.#clock.now();
    return this.#rows.filter(({ until }) => until > now);
  }

  /**
   * @param from when the decision begins: an alert's `stop_at`; default now
   * @throws RangeError for a duration that the engine would refuse
   */
  add(inputs: readonly LapiDecisionInput[], from = this.#clock.now(), alertId?: number): readonly LapiDecision[] {
    const now = this.#clock.now();
    const rows = inputs.map((input): LapiDecision => {
      const { value, type = 'ban', duration = '4h', origin = 'cscli' } = input;
      const durationMs = parseGoDuration(duration);
      if (durationMs === undefined) throw new RangeError(`decision duration '${duration}' is no Go duration`);
      return {
        id: this.#nextId++,
        uuid: randomUUID(),
        alertId,
        value,
        scope: normalizedScope(input.scope ?? (value.includes('/') ? 'Range' : 'Ip')),
        type,
        origin,
        scenario: input.scenario ?? `manual '${type}' from 'sandbox'`,
        simulated: input.simulated ?? false,
        createdAt: now,
        until: from + durationMs,
      };
    });
    // Concatenated, for spreading a large list into push() exceeds the stack.
    this.#rows = this.#rows.concat(rows);
    return rows;
  }

  /** Ends rows now: the next deltas tell of it. How many were in force. */
  end(isWanted: (row: LapiDecision) => boolean): number {
    const now = this.#clock.now();
    let ended = 0;
    this.#rows = this.#rows.map((row) => {
      if (row.until <= now || !isWanted(row)) return row;
      ended += 1;
      return { ...row, until: now };
    });
    return ended;
  }

  /** Removes rows as the deletion of an alert does: no delta ever tells of it. */
  erase(isWanted: (row: LapiDecision) => boolean): number {
    const before = this.#rows.length;
    this.#rows = this.#rows.filter((row) => !isWanted(row));
    return before - this.#rows.length;
  }

  /** What a pull is told as `new`: rows created after `since`, or all that are in force when `since` is `undefined`. */
  added(filter: StreamFilter, since: number | undefined): readonly LapiDecision[] {
    const now = this.#clock.now();
    const isStreamed = this.#streamFilter(filter);
    return this.#rows.filter(
      (row) => row.until > now && (since === undefined || row.createdAt > since) && isStreamed(row),
    );
  }

  /** What a pull is told as `deleted`: rows that ended since two seconds before `since`, or all ended rows. */
  deleted(filter: StreamFilter, since: number | undefined): readonly LapiDecision[] {
    const now = this.#clock.now();
    const isStreamed = this.#streamFilter(filter);
    return this.#rows.filter(
      (row) => row.until <= now && (since === undefined || row.until >= since - DELETION_OVERLAP_MS) && isStreamed(row),
    );
  }

  /**
   * Deduplication looks at all rows of the database: a row is told only if no other row of the same scope, type and value ends
   * later, whatever its origin and though it is simulated. The filters come afterwards.
   */
  #streamFilter(filter: StreamFilter): (row: LapiDecision) => boolean {
    const longest = new Map<string, LapiDecision>();
    if (filter.dedup) {
      for (const row of this.#rows) {
        const key = `${row.scope}\n${row.type}\n${row.value}`;
        if (row.until > (longest.get(key)?.until ?? -Infinity)) longest.set(key, row);
      }
    }
    const { scopes, origins, scenariosContaining, scenariosNotContaining } = filter;
    const mentions = (row: LapiDecision) => (part: string) => row.scenario.toLowerCase().includes(part.toLowerCase());
    return (row) =>
      (!filter.dedup || longest.get(`${row.scope}\n${row.type}\n${row.value}`) === row) &&
      !row.simulated &&
      scopes.includes(row.scope) &&
      (origins?.includes(row.origin) ?? true) &&
      (scenariosContaining?.some(mentions(row)) ?? true) &&
      !(scenariosNotContaining?.some(mentions(row)) ?? false);
  }
}

/** The engine repeats deletions, for rows may end while a pull is answered. */
const DELETION_OVERLAP_MS = 2_000;

/** The four scopes that the engine knows are spelled its way; others stay as they are. */
export function normalizedScope(scope: string): string {
  return { ip: 'Ip', range: 'Range', country: 'Country', as: 'AS' }[scope.toLowerCase()] ?? scope;
}

/** The wire form of a row; the stream has a uuid, live answers have none. */
export function decisionJson(row: LapiDecision, now: number, options: { readonly uuid: boolean }): object {
  const { id, origin, scenario, scope, type, uuid, value } = row;
  const duration = formatGoDuration(row.until - now);
  return options.uuid
    ? { duration, id, origin, scenario, scope, type, uuid, value }
    : { duration, id, origin, scenario, scope, type, value };
}

/**
 * Whether a row is about this address or range.
 *
 * @param contains true: rows that hold all of the target; false: rows inside the target
 * @throws RangeError as the engine, for text that is no address or range
 */
export function matchesTarget(row: LapiDecision, target: string, contains: boolean): boolean {
  const wanted = parsedTarget(target);
  const held = /^(Ip|Range)$/.test(row.scope) ? parsedTargetOr(row.value) : undefined;
  if (held?.family !== wanted.family) return false;
  const [outer, inner] = contains ? [held, wanted] : [wanted, held];
  if (outer.prefix > inner.prefix) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family === 4 ? 'ipv4' : 'ipv6');
  return list.check(inner.address, inner.family === 4 ? 'ipv4' : 'ipv6');
}

interface Target {
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
}

function parsedTargetOr(text: string): Target | undefined {
  const [address = '', prefix] = text.replace(/^::ffff:(?=\d+\.)/i, '').split('/');
  const family = isIP(address);
  if (family === 0) return undefined;
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (!Number.isInteger(length) || length < 0 || length > bits) return undefined;
  return { address, prefix: length, family: family === 4 ? 4 : 6 };
}

function parsedTarget(text: string): Target {
  const target = parsedTargetOr(text);
  if (target !== undefined) return target;
  throw new RangeError(`unable to convert '${text}' to int: invalid ip address '${text}': invalid ip address / range`);
}
