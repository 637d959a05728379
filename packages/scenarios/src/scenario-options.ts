import { CrowdsecError } from '@crowdsec-sdk/core';
import { parseGoDuration, type BucketOptions } from '@crowdsec-sdk/core/extension';

/** What every scenario can be told. */
export interface ScenarioOptions {
  /**
   * What your scenarios are called by: `acme` reports `acme/login-bruteforce`. `[a-z0-9]` and, inside, `-` and `_`; at
   * most 40 characters.
   */
  readonly vendor: string;
  /** How long the local decision holds, a Go duration; `4h` by default. */
  readonly duration?: string | undefined;
  /** Outcomes are counted and told as `detected` events, and nothing is done. False by default. */
  readonly dryRun?: boolean | undefined;
  /** How many outcomes are acted on in an hour of a process; 1,000 by default. */
  readonly capPerHour?: number | undefined;
}

/** What can be told to scenarios that count. What is left out has the scenario's own default. */
export interface CountingOptions extends ScenarioOptions, Partial<BucketOptions> {
  /** Count what all processes see, where the store is a Redis. False by default: each counts for itself. */
  readonly shared?: boolean | undefined;
}

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong */
export function checkScenarioOptions({ vendor, duration }: ScenarioOptions): void {
  if (typeof vendor !== 'string' || !/^[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?$/.test(vendor)) {
    throw invalidOption('vendor', 'must be a name such as acme: [a-z0-9] and, inside, - and _; at most 40 characters');
  }
  if (duration !== undefined && !((parseGoDuration(duration) ?? 0) > 0)) {
    throw invalidOption('duration', 'must be a Go duration of more than zero, such as 4h or 30m');
  }
}

/** The bucket that is meant, with the scenario's own numbers where none are given. */
export function bucketOf(given: Partial<BucketOptions> | undefined, usual: BucketOptions): BucketOptions {
  return {
    capacity: given?.capacity ?? usual.capacity,
    leakspeed: given?.leakspeed ?? usual.leakspeed,
    blackhole: given?.blackhole ?? usual.blackhole,
    maxGroups: given?.maxGroups ?? usual.maxGroups,
  };
}

/** A wrong option, by its name within `options`. */
export function invalidOption(option: string, message: string): CrowdsecError {
  const path = `options.${option}`;
  return new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: ${message}`, { path });
}
