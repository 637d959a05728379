import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { userAgent, type Crowdsec } from '@crowdsec-sdk/core';
import { openCapi, type Capi } from './capi.js';
import { openDemoFolder, type DemoFolder } from './demo-folder.js';
import { DetectionLog } from './detection/detection-log.js';
import { demoExtensions } from './detection/demo-extensions.js';
import type { Environment } from './environment.js';
import { SetupError } from './setup-error.js';
import { createSite, type Site } from './site.js';

/** How the agent introduces itself to CAPI. */
export interface AgentName {
  /** `[A-Za-z0-9]{0,16}` */
  readonly suffix?: string;
  /** `vX.Y.Z`; that of the SDK if not given. */
  readonly version?: string;
}

/**
 * What stays while the site and its agent are replaced: the server with its connections, the state folder, the CAPI and what was
 * detected. A request that comes while they are being replaced waits for the new site.
 */
export class Stage {
  readonly url: string;
  readonly capi: Capi;
  readonly detections = new DetectionLog();
  readonly #server: Server;
  readonly #folder: DemoFolder;
  #site: Promise<Site>;
  #crowdsec: Crowdsec | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Opens the demo and listens on 127.0.0.1.
   *
   * @throws SetupError when a port is taken or the blocklist cannot be read
   */
  static async open({ port, stateDir, capi: where, userAgentSuffix }: Environment): Promise<Stage> {
    const server = createServer();
    // First of all: a taken port then leaves nothing behind.
    await listen(server, port);
    const folder = await openDemoFolder(stateDir);
    try {
      const capi = await openCapi(where, folder);
      const stage = new Stage(server, folder, capi, { suffix: userAgentSuffix });
      await stage.#site.catch(async (error: unknown) => {
        await capi.close();
        throw error;
      });
      return stage;
    } catch (error) {
      server.close();
      await folder.close();
      throw error;
    }
  }

  private constructor(server: Server, folder: DemoFolder, capi: Capi, name: AgentName) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.capi = capi;
    this.#server = server;
    this.#folder = folder;
    this.#site = this.#play(name);
    server.on('request', (request, response) => {
      this.#site.then(
        (site) => site.handle(request, response),
        () => response.destroy(),
      );
    });
  }

  /** The agent of the current site. */
  get crowdsec(): Crowdsec {
    if (this.#crowdsec === undefined) throw new Error('The site is not up yet');
    return this.#crowdsec;
  }

  /**
   * Replaces the site by one whose agent has another name and the same state, as a restart of an application would.
   *
   * @returns the new user agent
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a name that CrowdSec would not take; then nothing is replaced
   */
  async rename(name: AgentName): Promise<string> {
    const renamed = userAgent(name);
    const before = this.#site;
    const after = before.then((site) => this.#play(name, site));
    this.#site = after.catch(() => before);
    await after;
    return renamed;
  }

  /** Ends the connections, then the agent (which sends what it may), then the CAPI, and removes temporary state. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #play(name: AgentName, before?: Site): Promise<Site> {
    const site = await createSite(this, {
      ...this.capi.options,
      ...(name.suffix !== undefined && { userAgentSuffix: name.suffix }),
      ...(name.version !== undefined && { userAgentVersion: name.version }),
      extensions: demoExtensions(),
      stateDir: join(this.#folder.path, 'agent'),
      trustedProxies: 'loopback',
    });
    this.detections.follow(site.crowdsec);
    // Two agents at a time would share the state well enough; one after the other is what a restart looks like.
    await before?.close();
    await site.start();
    this.#crowdsec = site.crowdsec;
    return site;
  }

  async #close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await (await this.#site).close();
    await this.capi.close();
    await this.#folder.close();
  }
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  }).catch((error: unknown) => {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw taken ? new SetupError(`Port ${port} is taken: set PORT to another one`) : error;
  });
}
