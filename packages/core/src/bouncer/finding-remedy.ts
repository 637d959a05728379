import { isPromise, type Remedy, type RemedyAnswer } from './remedy.js';
import type { InspectorFinding } from './request-inspector.js';

/** What a finding of an inspector does to a request, and what that is called. */
export function findingRemedy(
  { remediations, response, status }: InspectorFinding,
  remedies: ReadonlyMap<string, Remedy>,
): { readonly remediation: string; readonly remedy: Remedy | undefined } {
  const [wanted] = remediations;
  if (response !== undefined) return { remediation: wanted, remedy: () => response };
  const remediation = remediations.find((each) => remedies.has(each)) ?? wanted;
  const own = remedies.get(remediation) ?? remedies.get('ban');
  if (own === undefined) return { remediation, remedy: undefined };
  const fallback = remedies.get('ban') ?? own;
  const remedy: Remedy = (request) => {
    const conclude = (answer: RemedyAnswer): RemedyAnswer | Promise<RemedyAnswer> =>
      answer === 'unhandled' ? fallback(request) : answer;
    const finish = (answer: RemedyAnswer): RemedyAnswer => withStatus(answer, status);
    const answer = own(request);
    if (isPromise(answer)) return Promise.resolve(answer).then(conclude).then(finish);
    const concluded = conclude(answer);
    return isPromise(concluded) ? Promise.resolve(concluded).then(finish) : finish(concluded);
  };
  return { remediation, remedy };
}

/** Redirects stay what they are: with another status they would lead nowhere. So does what is no refusal. */
function withStatus(answer: RemedyAnswer, status: number | undefined): RemedyAnswer {
  if (status === undefined || typeof answer === 'string' || 'served' in answer) return answer;
  return answer.status >= 300 && answer.status < 400 ? answer : { ...answer, status };
}
