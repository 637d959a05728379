import type { CrowdsecLocals } from '@crowdsec-sdk/sveltekit';

declare global {
  namespace App {
    interface Locals {
      crowdsec?: CrowdsecLocals['crowdsec'];
    }
  }
}
