import type { Command } from 'commander';
import { openInstallation, type Installation } from '@crowdsec-sdk/core/installation';
import type { LoadedConfig } from './config/load-options.js';
import { knowSecretsIn } from './config/secrets.js';
import type { Io } from './io.js';
import { Printer, type OutputFormat } from './output/printer.js';
import { Progress } from './output/progress.js';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly output: OutputFormat;
  readonly json?: boolean;
  readonly color: 'yes' | 'no' | 'auto';
}

/** What the actions of commands work with; everything is opened when it is first asked for. */
export class CommandContext {
  readonly io: Io;
  /** The program with every command that there is, for those who tell of them. */
  readonly allCommands: () => Promise<Command>;
  /** How the command ends, unless it fails. */
  exitCode = 0;
  #globals: GlobalOptions = { output: 'human', color: 'auto' };
  #config: Promise<LoadedConfig> | undefined;
  #installation: Installation | undefined;
  #printer: Printer | undefined;

  constructor(io: Io, allCommands: (context: CommandContext) => Promise<Command>) {
    this.io = io;
    this.allCommands = () => allCommands(this);
  }

  useGlobals(globals: GlobalOptions): void {
    this.#globals = globals;
  }

  get printer(): Printer {
    const { output, json, color } = this.#globals;
    return (this.#printer ??= new Printer(this.io, { format: json === true ? 'json' : output, color }));
  }

  progress(): Progress {
    return new Progress(this.io.stderr);
  }

  /** @throws ConfigError */
  config(): Promise<LoadedConfig> {
    return (this.#config ??= this.#loadConfig());
  }

  async #loadConfig(): Promise<LoadedConfig> {
    const { loadCrowdsecConfig } = await import('./config/load-options.js');
    const { config } = this.#globals;
    const loaded = await loadCrowdsecConfig({ config, cwd: this.io.cwd, env: this.io.env });
    knowSecretsIn(loaded.options);
    return loaded;
  }

  /**
   * The installation of the configuration.
   *
   * @throws ConfigError, or CrowdsecError `CROWDSEC_OPTION_INVALID`
   */
  async installation(): Promise<Installation> {
    const { options } = await this.config();
    const note = (message: string): void => this.printer.note(message);
    const logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
    return (this.#installation ??= openInstallation({ ...options, logger }));
  }

  async close(): Promise<void> {
    await this.#installation?.close();
  }
}
