import type { CrowdsecError } from '../errors.js';

/**
 * Why LAPI refuses a login, and what to do: it answers 401 in all cases, and tells them apart by text.
 *
 * @param url of LAPI, as the operator wrote it
 * @param machineId `undefined` for a client certificate
 */
export function loginRefusal(url: string, machineId: string | undefined, error: CrowdsecError): string {
  const retried = 'What is reported waits meanwhile.';
  if (machineId === undefined) {
    return `LAPI at ${url} refuses the client certificate of the machine (${error.message}): its OU must be among api.server.tls.agents_allowed_ou. ${retried}`;
  }
  const { message } = error;
  if (/not validated/i.test(message)) {
    return `LAPI at ${url} knows the machine ${machineId}, and waits for its validation: run "cscli machines validate ${machineId}". ${retried}`;
  }
  if (/not found/i.test(message)) {
    return `LAPI at ${url} does not know the machine ${machineId}: run "cscli machines add ${machineId}" with the password of lapi.machine. ${retried}`;
  }
  if (error.status === 403) {
    return `Something before LAPI refuses the login of the machine ${machineId} (${message}). ${retried}`;
  }
  return `LAPI at ${url} refuses the password of the machine ${machineId} (${message}): check lapi.machine, or set it anew by "cscli machines add ${machineId} --force". ${retried}`;
}
