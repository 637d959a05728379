/**
 * The attributes of metrics and spans, with what they mean. Names without the prefix `crowdsec` are those of OpenTelemetry's semantic
 * conventions. The values of each are few: none is an address, a path of a visitor or a name that a visitor can choose.
 */
export const ATTRIBUTES = {
  'crowdsec.namespace': 'The installation: the option `namespace`',
  'crowdsec.verdict':
    '`pass`, `block`, `would_block` (let through because of `mode: log`), `serve` (answered by a remedy without being refused), `skip` (by the option `skip`)',
  'crowdsec.origin':
    'Whose word it is: `CAPI`, `lists:<name>`, `crowdsec` for local decisions, those of a local API, `appsec`; `clean`, `invalid` or `unavailable` when there is none, `skipped`, `failed`, `disconnected`',
  'crowdsec.remediation': 'What is to be done about the client: `bypass`, `ban`, `captcha` or a type of a decision',
  'crowdsec.decision.type': '`ban`, `captcha` or a type of its own',
  'crowdsec.source': 'Who was asked: `capi`, `lapi`, or the name of a source that an extension brings',
  'crowdsec.refresh.result': '`refreshed` or `failed`',
  'crowdsec.signal.refusal': 'Why a report was not taken: `invalid-ip`, `own-ip`, `buffer-full` …',
  'crowdsec.peer': 'Who was called: `capi`, `lapi`, `appsec`, or `other`, such as the hosts of blocklists',
  'crowdsec.captcha.event':
    '`shown`, `challenge`, `solved`, `refused`, `limited`, `passed` (by one that was solved before), `provider_failure`',
  'crowdsec.appsec.outcome':
    'What AppSec said: `allow`, `ban`, `captcha`, `challenge` or a word of the operator; or why it said nothing: `failed.timeout`, `failed.unreachable` …',
  'crowdsec.scenario': 'The scenario that a detector names',
  'crowdsec.extension': 'The name of the extension',
  'crowdsec.extension.state': '`idle`, `activating`, `active`, `off` or `disposed`',
  'crowdsec.detection.outcome':
    '`acted`, or why nothing was done: `non-public-ip`, `own-ip`, `allowlisted-ip`, `capped`, `dry-run`',
  'error.type':
    'What a failure was: a status, a code such as `ECONNREFUSED`, or the name of an error; absent on success',
  'http.request.method': 'The method of the call',
  'http.response.status_code': 'The status of the answer; absent when there was none',
  'url.template': 'The path of the endpoint, such as `/v3/signals`; absent for `other`, whose links may be secret',
} as const;

/** The name of an attribute. */
export type AttributeName = keyof typeof ATTRIBUTES;

/** Attributes of one measurement. */
export type MetricAttributes = Partial<Record<AttributeName, string | number>>;
