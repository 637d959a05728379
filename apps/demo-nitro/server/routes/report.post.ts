import { defineEventHandler } from 'h3';
import { guard } from '../utils/crowdsec';

export default defineEventHandler(async () => {
  const ban = { type: 'ban', duration: '4h' };
  await guard.crowdsec.report({ ip: '198.51.100.66', scenario: 'acme/login-bruteforce', decision: ban }).stored;
  return 'reported';
});
