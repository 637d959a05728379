/**
 * The life of an agent in an application, step by step, as the programs of this folder run it: it registers, pulls, refuses, hears of
 * answers, reports and stops. Then nothing is left that would keep the process alive.
 */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a step may take, in ms. */
const STEP_MS = 20_000;

const SCENARIO = 'acme/login-bruteforce';

/** A client against whom nothing is held. */
const CLEAN = '203.0.113.1';

/**
 * @typedef {import('@crowdsec-sdk/core').Crowdsec} Crowdsec
 * @typedef {import('@crowdsec-sdk/core').CrowdsecOptions} CrowdsecOptions
 */

/**
 * What the environment tells a program.
 *
 * @typedef {object} Given
 * @property {CrowdsecOptions} options
 * @property {string} banned an address that the sandbox holds a ban of
 * @property {string} reported the address to report
 * @property {readonly number[]} heard the statuses of the answers that a detector was told of, so far
 */

/** @returns {Given} */
export function given() {
  const { CAPI_URL, ENGINE, STATE_DIR, REDIS_URL, MACHINE_PREFIX, BANNED = '', REPORTED = '' } = process.env;
  /** @type {number[]} */
  const heard = [];
  const place = REDIS_URL === undefined ? { stateDir: STATE_DIR } : { store: REDIS_URL, namespace: MACHINE_PREFIX };
  /** @type {Pick<CrowdsecOptions, 'lapi' | 'appsec'>} */
  const engine = ENGINE === undefined ? {} : JSON.parse(ENGINE);
  const network = ENGINE === undefined ? { apiUrl: CAPI_URL, machineIdPrefix: MACHINE_PREFIX } : engine;
  /** @type {NonNullable<CrowdsecOptions['extensions']>[number]} */
  const listener = {
    name: 'acme.listener',
    apiVersion: 1,
    detectors: [
      {
        name: 'answers',
        on: ['response'],
        detect: (event) => void (event.kind === 'response' && heard.push(event.status)),
      },
    ],
  };
  return {
    options: { scenarios: [SCENARIO], trustedProxies: 1, extensions: [listener], ...network, ...place },
    banned: BANNED,
    reported: REPORTED,
    heard,
  };
}

/**
 * All of it, in an application that answers `/` with the text of the request's body.
 *
 * @param {Given} given
 * @param {{ crowdsec: Crowdsec, url: string, close: () => Promise<unknown> }} application `url` of the page
 */
export async function steps({ banned, reported, heard }, { crowdsec, url, close }) {
  await pulled(crowdsec, banned);
  await expectAnswer(url, banned, 'hello', 403);
  await expectAnswer(url, CLEAN, 'hello', 200, 'hello');
  await until('told of answers', () => heard.includes(403) && heard.includes(200));
  if (process.env.ENGINE !== undefined) await expectAnswer(url, CLEAN, 'attack', 403);
  await report(crowdsec, reported);
  await within('closed', close());
  await within('stopped', crowdsec.stop());
  console.log('done');
}

/**
 * @param {Crowdsec} crowdsec
 * @param {string} banned
 */
export async function pulled(crowdsec, banned) {
  await until('pulled', () => crowdsec.getIpRemediation(banned).remediation === 'ban');
}

/**
 * @param {Crowdsec} crowdsec
 * @param {string} ip
 */
export async function report(crowdsec, ip) {
  const { stored } = crowdsec.report({ ip, scenario: SCENARIO });
  await within('stored', stored);
}

/**
 * @param {string} url
 * @param {string} client
 * @param {string} body
 * @param {number} status
 * @param {string} [text] that the answer has
 */
async function expectAnswer(url, client, body, status, text) {
  const answer = await fetch(url, { method: 'POST', body, headers: { 'x-forwarded-for': client } });
  const answered = await answer.text();
  if (answer.status !== status) throw new Error(`${client} was answered ${answer.status} instead of ${status}.`);
  if (text !== undefined && answered !== text) throw new Error(`${client} was answered "${answered}".`);
}

/**
 * @param {string} what
 * @param {() => boolean} condition
 */
async function until(what, condition) {
  for (const end = performance.now() + STEP_MS; !condition(); await delay(20)) {
    if (performance.now() > end) throw new Error(`Not ${what} within ${STEP_MS} ms.`);
  }
}

/**
 * @param {string} what
 * @param {Promise<unknown>} step
 */
async function within(what, step) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not ${what} within ${STEP_MS} ms.`)), STEP_MS);
  });
  await Promise.race([step, late]);
  clearTimeout(timer);
}
