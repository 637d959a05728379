/** The least that an application with an agent imports. */
import { createCrowdsec } from '@crowdsec-sdk/core';

console.log(typeof createCrowdsec);
