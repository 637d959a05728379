import { homedir, hostname, networkInterfaces, release, type, type NetworkInterfaceInfo } from 'node:os';

/*
 * What the operating system tells of this host. Nothing here throws: Deno tells what `--allow-sys` permits, and containers and phones may
 * forbid to list interfaces; an agent works without any of it.
 */

/** `undefined` when nobody tells. */
export function hostName(): string | undefined {
  return told(hostname);
}

/** The addresses of all interfaces, with their zones; none when nobody tells. */
export function interfaceAddresses(): readonly string[] {
  const interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = told(networkInterfaces) ?? {};
  return Object.values(interfaces).flatMap((list) => (list ?? []).map(({ address }) => address));
}

/** Name and version of the system; empty texts for what nobody tells. */
export function systemRelease(): { readonly name: string; readonly version: string } {
  return { name: told(type) ?? '', version: told(release) ?? '' };
}

/** The home of this user: `HOME` where nobody tells; `undefined` when there is none. */
export function homeFolder(): string | undefined {
  return told(homedir) ?? process.env.HOME;
}

function told<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
