import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/**
 * Keeps the sandbox's state across restarts: a folder (0700) of JSON files (0600), each replaced atomically. Without a path
 * nothing is kept. One sandbox at a time may use a folder.
 */
export class StateFolder {
  readonly #path: string | undefined;
  readonly #files: StateFile[] = [];

  private constructor(path: string | undefined) {
    this.#path = path;
  }

  static async open(path: string | undefined): Promise<StateFolder> {
    if (path !== undefined) await mkdir(path, { recursive: true, mode: 0o700 });
    return new StateFolder(path);
  }

  /**
   * What a file holds.
   *
   * @throws an `Error` that names the file when it is damaged
   */
  async read(name: string): Promise<unknown> {
    if (this.#path === undefined) return undefined;
    const path = join(this.#path, name);
    try {
      return JSON.parse(await readFile(path, 'utf8'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw new Error(`The sandbox cannot read its state in ${path}`, { cause: error });
    }
  }

  /** A file that always holds what `snapshot` last returned. Files are written in the order in which they were declared. */
  file(name: string, snapshot: () => unknown): StateFile {
    const path = this.#path;
    const file = new StateFile(async () => {
      if (path !== undefined) await writeFileAtomic(join(path, name), JSON.stringify(snapshot()), { mode: 0o600 });
    });
    this.#files.push(file);
    return file;
  }

  /** Resolves once everything that changed is on disk. */
  async flush(): Promise<void> {
    for (const file of this.#files) await file.flush();
  }
}

/** One file of the folder. */
export class StateFile {
  readonly #write: () => Promise<void>;
  #dirty = false;
  #flushing: Promise<void> | undefined;

  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  /** Says that what the file should hold has changed. It is written soon; whoever must be sure awaits `flush`. */
  changed(): void {
    this.#dirty = true;
    // Whoever flushes next meets the error again: the file stays dirty.
    this.flush().catch(() => undefined);
  }

  flush(): Promise<void> {
    if (this.#flushing === undefined && !this.#dirty) return Promise.resolve();
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #drain(): Promise<void> {
    // Changes made in one turn of the event loop share one write.
    await Promise.resolve();
    while (this.#dirty) {
      this.#dirty = false;
      try {
        await this.#write();
      } catch (error) {
        this.#dirty = true;
        throw error;
      }
    }
  }
}
