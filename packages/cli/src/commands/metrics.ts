import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';

export const addMetrics: AddCommand = (program, context) => {
  examples(
    program.command('metrics').description('what the installation holds, and how much of its budgets is spent'),
    ['metrics', 'metrics --json'],
  ).action(async () => (await import('../metrics/metrics.js')).showMetrics(context));
};
