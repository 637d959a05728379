import { createHash } from 'node:crypto';
import { cidrs } from '@crowdsec-sdk/core';
import { groupByIp, LeakyBuckets } from '@crowdsec-sdk/core/extension';
import type { Remedy } from '@crowdsec-sdk/core';
import type { DetectionEvent, Detector, Extension, ExtensionContext } from '@crowdsec-sdk/core/extension';

/** The extension, and what the shop may tell it. */
export interface CouponGuessing extends Extension {
  /**
   * Makes a coupon a trap: nobody was ever given it, so whoever tries it is banned. All processes of the installation
   * know it at once, and after a restart.
   *
   * @throws Error while the extension is not active
   */
  setTrap(code: string): Promise<void>;
}

export interface CouponGuessingOptions {
  /** Addresses and CIDRs that are refused from the start. */
  readonly resellers?: readonly string[];
}

/**
 * Notices who guesses coupons. The shop tells of each wrong one:
 *
 * ```ts
 * crowdsec.observe('app:coupon-rejected', { ip, code });
 * ```
 *
 * Four different codes of a client are worth a whisper, ten a decision `slow` (list it in `remediations`), one that is
 * a trap a ban.
 */
export function couponGuessing({ resellers = [] }: CouponGuessingOptions = {}): CouponGuessing {
  let context: ExtensionContext | undefined;
  const waiting = new Set<() => void>();
  return {
    name: 'acme.coupon-guessing',
    apiVersion: 1,
    scenarios: [GUESSING, TRAP],
    behavior: 'http:bruteforce',
    detectors: [guesses(), traps(() => context)],
    sources: [cidrs(resellers, { name: 'coupon-resellers' })],
    remedies: { slow: slow(waiting, () => context) },
    activate: (given) => {
      context = given;
    },
    dispose: () => {
      context = undefined;
      for (const goOn of waiting) goOn();
    },
    setTrap: async (code) => {
      if (context === undefined) throw new Error('acme.coupon-guessing is not active: start the agent first');
      await context.store.put(trapKey(code), true);
    },
  };
}

const GUESSING = 'acme/coupon-guessing';
const TRAP = 'acme/coupon-trap';
const SLOW_MS = 3_000;
const MAX_WAITING = 100;

function guesses(): Detector {
  const few = new LeakyBuckets({ capacity: 3, leakspeed: '1m', blackhole: '30m' });
  const many = new LeakyBuckets({ capacity: 9, leakspeed: '1m', blackhole: '30m' });
  return {
    name: 'guesses',
    on: ['app:coupon-rejected'],
    detect: (event) => {
      const guess = { group: groupByIp(event.ip), at: event.at, distinct: codeOf(event) };
      const whisper = few.pour(guess);
      const decision = many.pour(guess);
      return decision
        ? { scenario: GUESSING, signal: 'decision', decision: { type: 'slow', duration: '30m' }, ...decision }
        : whisper && { scenario: GUESSING, signal: 'whisper', ...whisper };
    },
  };
}

function traps(current: () => ExtensionContext | undefined): Detector {
  return {
    name: 'traps',
    on: ['app:coupon-rejected'],
    detect: async (event) => {
      const context = current();
      // A store out of reach is no reason to be switched off: guesses are still counted.
      const isTrap = await context?.store.get(trapKey(codeOf(event))).catch((error: unknown) => {
        context.logger.debug(`cannot look for traps: ${String(error)}`);
      });
      return isTrap ? { scenario: TRAP, signal: 'decision', decision: { type: 'ban', duration: '4h' } } : undefined;
    },
  };
}

/** Lets a client wait before it goes on; when too many wait already, it is told to come back. */
function slow(waiting: Set<() => void>, current: () => ExtensionContext | undefined): Remedy {
  return async () => {
    const context = current();
    if (context === undefined || waiting.size >= MAX_WAITING) return TOO_MANY;
    await new Promise<void>((resolve) => {
      const goOn = (): void => {
        waiting.delete(goOn);
        resolve();
      };
      waiting.add(goOn);
      context.scheduler.schedule('acme:slow', SLOW_MS, goOn);
    });
    return 'pass';
  };
}

const TOO_MANY = {
  status: 429,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'retry-after': '60' },
  body: 'Too many tries. Come back in a minute.\n',
};

function codeOf(event: DetectionEvent): string {
  return 'facts' in event ? String(event.facts.code ?? '') : '';
}

/** Only a hash is stored: whoever reads the store learns no trap. */
function trapKey(code: string): string {
  return `trap-${createHash('sha256').update(code).digest('hex').slice(0, 32)}`;
}
