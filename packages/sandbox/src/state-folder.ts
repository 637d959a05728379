import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/** One file of the state folder. */
export interface StateFile {
  /** Says that what the file should hold has changed. It is written soon; the folder's `flush` makes sure. */
  changed(): void;
}

/**
 * Keeps the sandbox's state across restarts: a folder (0700) of JSON files (0600), each replaced atomically. Without a
 * path nothing is kept. One sandbox at a time may use a folder.
 */
export class StateFolder {
  readonly #path: string | undefined;
  readonly #files: Entry[] = [];
  #flushing: Promise<void> | undefined;

  private constructor(path: string | undefined) {
    this.#path = path;
  }

  static async open(path: string | undefined): Promise<StateFolder> {
    if (path !== undefined) await mkdir(path, { recursive: true, mode: 0o700 });
    return new StateFolder(path);
  }

  /**
   * What a file holds; `undefined` if there is none.
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

  /** A file that holds what `snapshot` returns. Files that changed together are written in the order declared. */
  file(name: string, snapshot: () => unknown): StateFile {
    const entry: Entry = { name, snapshot, dirty: false };
    this.#files.push(entry);
    return {
      changed: () => {
        entry.dirty = true;
        // Whoever flushes next meets the error again: what was not written stays dirty.
        this.flush().catch(() => undefined);
      },
    };
  }

  /**
   * Resolves once everything that changed is on disk.
   *
   * @throws the error of writing; a later flush tries again
   */
  flush(): Promise<void> {
    if (this.#path === undefined) return Promise.resolve();
    const path = this.#path;
    this.#flushing ??= this.#drain(path).finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #drain(path: string): Promise<void> {
    // Changes made in one turn of the event loop share one write.
    await Promise.resolve();
    for (let dirty = this.#takeDirty(); dirty.length > 0; dirty = this.#takeDirty()) {
      for (const [index, { entry, json }] of dirty.entries()) {
        try {
          await writeFileAtomic(join(path, entry.name), json, { mode: 0o600 });
        } catch (error) {
          for (const unwritten of dirty.slice(index)) unwritten.entry.dirty = true;
          throw error;
        }
      }
    }
  }

  /** All at one moment, so that no file knows of more than those written before it. */
  #takeDirty(): readonly { readonly entry: Entry; readonly json: string }[] {
    const dirty = this.#files.filter((entry) => entry.dirty);
    return dirty.map((entry) => {
      entry.dirty = false;
      return { entry, json: JSON.stringify(entry.snapshot()) };
    });
  }
}

interface Entry {
  readonly name: string;
  readonly snapshot: () => unknown;
  dirty: boolean;
}
