import type { ViteUserConfig } from 'vitest/config';

export function packageTests(options?: {
  alone?: readonly string[];
  setupFiles?: readonly string[];
  unitWorkers?: number;
}): ViteUserConfig;
