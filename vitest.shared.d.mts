import type { ViteUserConfig } from 'vitest/config';

export function packageTests(options?: {
  e2e?: boolean;
  alone?: readonly string[];
  setupFiles?: readonly string[];
}): ViteUserConfig;
