import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { userAgent } from '@crowdsec-sdk/core/capi';
import { createDemoApp, type DemoApp } from './demo-app.js';
import type { AgentName, DemoControl } from './demo-control.js';
import { openDemoFolder, type DemoFolder } from './demo-folder.js';
import { demoExtensions } from './detection/demo-extensions.js';
import type { Environment } from './environment.js';
import { openNetwork, type Network } from './network.js';
import { objectionTo } from './request-check.js';
import { SetupError } from './setup-error.js';

/**
 * What stays while the application and its agent are replaced: the server with its connections, the state folder and the network. A request that comes while they are being replaced waits for the new ones.
 */
export class DemoServer implements DemoControl {
  readonly url: string;
  readonly network: Network;
  readonly #server: Server;
  readonly #folder: DemoFolder;
  #app: Promise<DemoApp>;
  #crowdsec: Crowdsec | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Opens the demo and listens on 127.0.0.1.
   *
   * @throws SetupError when a port is taken or the blocklist cannot be read
   */
  static async open({ port, stateDir, network: where, userAgentSuffix }: Environment): Promise<DemoServer> {
    const server = createServer();
    // First of all: a taken port then leaves nothing behind.
    await listen(server, port);
    const folder = await openDemoFolder(stateDir);
    try {
      const network = await openNetwork(where, folder);
      const demo = new DemoServer(server, folder, network, { suffix: userAgentSuffix });
      await demo.#app.catch(async (error: unknown) => {
        await network.close();
        throw error;
      });
      return demo;
    } catch (error) {
      server.close();
      await folder.close();
      throw error;
    }
  }

  private constructor(server: Server, folder: DemoFolder, network: Network, name: AgentName) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.network = network;
    this.#server = server;
    this.#folder = folder;
    this.#app = this.#start(name);
    server.on('request', (request, response) => this.#handle(request, response));
  }

  /** The agent of the current application. */
  get crowdsec(): Crowdsec {
    if (this.#crowdsec === undefined) throw new Error('The application is not up yet');
    return this.#crowdsec;
  }

  /** What the command `crowdsec-sdk` is told by its environment to work on the same installation; `undefined` where that needs secrets. */
  get commandEnvironment(): Readonly<Record<string, string>> | undefined {
    const { apiUrl, env } = this.network.options;
    if (apiUrl !== undefined) return { CROWDSEC_STATE_DIR: this.#stateDir, CROWDSEC_API_URL: apiUrl };
    return env && { CROWDSEC_STATE_DIR: this.#stateDir, CROWDSEC_ENV: env };
  }

  get #stateDir(): string {
    return join(this.#folder.path, 'agent');
  }

  async rename(name: AgentName): Promise<string> {
    const renamed = userAgent(name);
    const before = this.#app;
    const after = before.then((app) => this.#start(name, app));
    this.#app = after.catch(() => before);
    await after;
    return renamed;
  }

  /** Ends the connections, then the agent (which sends what it may), then the sandbox, and removes temporary state. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const objection = objectionTo(request, (this.#server.address() as AddressInfo | null)?.port ?? 0);
    if (objection !== undefined) {
      const { status: statusCode, message } = objection;
      response.writeHead(statusCode, { 'Content-Type': 'application/json', Connection: 'close' });
      response.end(JSON.stringify({ statusCode, message }));
      return;
    }
    this.#app.then(
      (app) => app.handle(request, response),
      () => response.destroy(),
    );
  }

  async #start(name: AgentName, before?: DemoApp): Promise<DemoApp> {
    const app = await createDemoApp(this, {
      ...this.network.options,
      ...(name.suffix !== undefined && { userAgentSuffix: name.suffix }),
      ...(name.version !== undefined && { userAgentVersion: name.version }),
      extensions: demoExtensions(),
      stateDir: this.#stateDir,
      trustedProxies: 'loopback',
    });
    // Two agents at a time would share the state well enough; one after the other is what a restart looks like.
    await before?.close();
    await app.start();
    this.#crowdsec = app.crowdsec;
    return app;
  }

  async #close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await (await this.#app).close();
    await this.network.close();
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
