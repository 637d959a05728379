import { isHeader } from '../http/is-header.js';
import type { RemedyAnswer } from './remedy.js';

/**
 * What a remedy answered, if a host can send it.
 *
 * @throws TypeError for an answer that would make the host throw
 */
export function checkedAnswer(answer: RemedyAnswer): RemedyAnswer {
  if (answer === 'pass' || answer === 'unhandled') return answer;
  const { status, headers, body } = 'served' in answer ? answer.served : answer;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`a remedy answered the status ${status}`);
  if (typeof body !== 'string') throw new TypeError('a remedy answered a body that is no text');
  for (const [name, value] of Object.entries(headers)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!values.every((each) => isHeader(name, each)))
      throw new TypeError(`a remedy answered a header ${name} that HTTP can't carry`);
  }
  return answer;
}
