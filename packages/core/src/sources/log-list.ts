import type { Logger } from '../logger.js';
import type { ListReport } from './decision-source.js';

/** Says what went wrong with a list; nothing when nothing did. */
export function logList({ name, status, error, skipped }: ListReport, logger: Logger): void {
  const lines = describeSkipped(skipped);
  if (status === 'failed')
    logger.warn(`the list "${name}" could not be read, what is held of it stays: ${error ?? ''}`, {
      code: 'LIST_FAILED',
      list: name,
      reason: error,
    });
  else if (lines !== '') {
    const hint = skipped['non-public'] === undefined ? '' : '; an option keeps non-public addresses';
    logger.warn(`some lines of the list "${name}" are unusable and were left out: ${lines}${hint}`, {
      code: 'LIST_LINES_SKIPPED',
      list: name,
    });
  }
}

/** `2 scope, 1 value`; empty when nothing was left out. */
export function describeSkipped(skipped: Readonly<Record<string, number>>): string {
  return Object.entries(skipped)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}
