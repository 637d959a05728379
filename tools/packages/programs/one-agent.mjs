import { createCrowdsec } from '@crowdsec-sdk/core';
import { given, pulled, report } from './steps.mjs';

/** The life of an agent without an application: it registers, pulls, reports and stops. */
export async function oneAgent() {
  const { options, banned, reported } = given();
  const crowdsec = createCrowdsec(options);
  await crowdsec.start();
  await pulled(crowdsec, banned);
  await report(crowdsec, reported);
  await crowdsec.stop();
}
