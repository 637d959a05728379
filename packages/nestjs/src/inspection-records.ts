import { RequestProperty, type Bouncer, type Verdict } from '@crowdsec-sdk/core/adapter';

/** A verdict, and the function that read the facts it rests on: a guard of yours may look at other facts. */
export interface InspectionRecord {
  readonly by: unknown;
  readonly verdict: Verdict;
}

/** Of requests, and of clients of WebSockets and operations of GraphQL. */
const records = new RequestProperty<InspectionRecord>();

/** The last verdict about a request. */
export function inspectionRecordOf(subject: object): InspectionRecord | undefined {
  return records.of(subject);
}

/** Keeps a verdict with the request that it is about. */
export function recordInspection(subject: object, record: InspectionRecord): void {
  records.keep(subject, record);
}

/**
 * What this agent said of a request before Nest's own guard and middleware came to it: another adapter may guard the
 * server that Nest runs on.
 */
export function earlierVerdict({ verdicts }: Bouncer, subject: object): Verdict | undefined {
  return inspectionRecordOf(subject)?.verdict ?? verdicts.of(subject);
}
