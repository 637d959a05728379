import type { TimeSource } from './clock.js';
import { hashPassword, passwordMatches, type PasswordHash } from './passwords.js';
import type { StateFile, StateFolder } from './state-folder.js';

/** A machine as tests may see it. */
export interface Machine {
  readonly machineId: string;
  /** In ms since the epoch, by the sandbox's clock. */
  readonly registeredAt: number;
  /** The scenarios of its last login. */
  readonly scenarios: readonly string[];
  /** How often it logged in successfully. */
  readonly logins: number;
  readonly enrolled?: Enrollment;
}

/** How a machine was enrolled. */
export interface Enrollment {
  /** In ms since the epoch, by the sandbox's clock. */
  readonly at: number;
  readonly name?: string;
  readonly tags: readonly string[];
  /** The key that was used; none for an automatic enrollment. */
  readonly attachmentKey?: string;
  readonly overwrite: boolean;
}

/** Every machine that registered or was seeded. */
export class Machines {
  readonly #clock: TimeSource;
  readonly #file: StateFile;
  readonly #known = new Map<string, StoredMachine>();

  private constructor(clock: TimeSource, state: StateFolder, known: readonly StoredMachine[]) {
    this.#clock = clock;
    this.#file = state.file(FILE, () => [...this.#known.values()]);
    for (const machine of known) this.#known.set(machine.machineId, machine);
  }

  static async open(clock: TimeSource, state: StateFolder): Promise<Machines> {
    return new Machines(clock, state, ((await state.read(FILE)) ?? []) as readonly StoredMachine[]);
  }

  all(): readonly Machine[] {
    return [...this.#known.values()].map(({ password: _, cursor: __, ...machine }) => machine);
  }

  has(machineId: string): boolean {
    return this.#known.has(machineId);
  }

  /** Makes a machine known; of one that is known already, only the password changes. */
  add(machineId: string, password: string): void {
    const known = this.#known.get(machineId) ?? {
      machineId,
      registeredAt: this.#clock.now(),
      scenarios: [],
      logins: 0,
    };
    this.#put({ ...known, password: hashPassword(password) });
  }

  /** Whether the pair is right; if so, the login is counted and its scenarios are remembered. */
  async login(machineId: string, password: string, scenarios: readonly string[]): Promise<boolean> {
    const machine = this.#known.get(machineId);
    if (machine === undefined || !(await passwordMatches(password, machine.password))) return false;
    this.#update(machineId, ({ logins }) => ({ scenarios, logins: logins + 1 }));
    return true;
  }

  enrollment(machineId: string): Enrollment | undefined {
    return this.#known.get(machineId)?.enrolled;
  }

  enroll(machineId: string, enrolled: Omit<Enrollment, 'at'>): void {
    this.#update(machineId, () => ({ enrolled: { ...enrolled, at: this.#clock.now() } }));
  }

  /** The revision of the decisions that the machine was last told about. */
  cursor(machineId: string): number | undefined {
    return this.#known.get(machineId)?.cursor;
  }

  moveCursor(machineId: string, cursor: number): void {
    this.#update(machineId, () => ({ cursor }));
  }

  #update(machineId: string, change: (machine: StoredMachine) => Partial<StoredMachine>): void {
    const machine = this.#known.get(machineId);
    if (machine !== undefined) this.#put({ ...machine, ...change(machine) });
  }

  #put(machine: StoredMachine): void {
    this.#known.set(machine.machineId, machine);
    this.#file.changed();
  }
}

interface StoredMachine extends Machine {
  readonly password: PasswordHash;
  readonly cursor?: number;
}

const FILE = 'machines.json';
