/**
 * The naming rule of the network for what is reported: `mysecmodule/login-bruteforce`.
 *
 * @see https://docs.crowdsec.net/u/integrations/intro the guide for software that reports by itself
 */
export const SCENARIO_NAME = /^[a-z0-9_-]+\/[a-z0-9_-]+$/;
