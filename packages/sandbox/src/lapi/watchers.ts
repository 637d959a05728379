import { randomBytes } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { TimeSource } from '../clock.js';

/** A machine as the engine knows it. */
export interface LapiMachine {
  readonly machineId: string;
  readonly validated: boolean;
  /** Those of its last login. */
  readonly scenarios: readonly string[];
  readonly logins: number;
}

interface Machine extends LapiMachine {
  readonly password: string;
}

/** The machines of an engine, and their tokens. */
export class Watchers {
  readonly #clock: TimeSource;
  readonly #tokenLifeMs: number;
  readonly #machines = new Map<string, Machine>();
  #secret = randomBytes(64);

  constructor(clock: TimeSource, tokenLifeMs: number) {
    this.#clock = clock;
    this.#tokenLifeMs = tokenLifeMs;
  }

  /** Makes a machine, as `cscli machines add` does; a registration makes one that waits for its validation. */
  add(credentials: { readonly machineId: string; readonly password: string }, validated = true): void {
    this.#machines.set(credentials.machineId, { ...credentials, validated, scenarios: [], logins: 0 });
  }

  validate(machineId: string): void {
    const machine = this.#machines.get(machineId);
    if (machine !== undefined) this.#machines.set(machineId, { ...machine, validated: true });
  }

  has(machineId: string): boolean {
    return this.#machines.has(machineId);
  }

  remove(machineId: string): void {
    this.#machines.delete(machineId);
  }

  all(): readonly LapiMachine[] {
    return [...this.#machines.values()].map(({ password: _, ...machine }) => machine);
  }

  /** Why a login is refused; `undefined` when it is not. */
  refusal(machineId: string, password: string, userAgent: string): string | undefined {
    const machine = this.#machines.get(machineId);
    if (machine === undefined) return 'ent: machine not found';
    if (!machine.validated) return `machine ${machineId} not validated`;
    const isNamed = userAgent.split('/').length === 2;
    return machine.password === password && isNamed ? undefined : 'incorrect Username or Password';
  }

  /** A token for a machine that has logged in with these scenarios. */
  async login(machineId: string, scenarios: readonly string[]): Promise<{ token: string; expire: string }> {
    const machine = this.#machines.get(machineId);
    if (machine !== undefined) this.#machines.set(machineId, { ...machine, scenarios, logins: machine.logins + 1 });
    const issuedAt = Math.floor(this.#clock.now() / 1_000);
    const expiresAt = issuedAt + Math.ceil(this.#tokenLifeMs / 1_000);
    const token = await new SignJWT({ id: machineId, orig_iat: issuedAt })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setExpirationTime(expiresAt)
      .sign(this.#secret);
    return { token, expire: new Date(expiresAt * 1_000).toISOString().replace('.000Z', 'Z') };
  }

  /** The machine of an `Authorization` header, or why it is refused. */
  async check(authorization: string | undefined): Promise<{ machineId: string } | { refusal: string }> {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
    if (token === undefined) return { refusal: 'cookie token is empty' };
    if (token.split('.').length !== 3) return { refusal: 'token contains an invalid number of segments' };
    try {
      const currentDate = new Date(this.#clock.now());
      const { payload } = await jwtVerify(token, this.#secret, { algorithms: ['HS256'], currentDate });
      return { machineId: String(payload.id) };
    } catch (error) {
      return { refusal: error instanceof errors.JWTExpired ? 'Token is expired' : 'signature is invalid' };
    }
  }

  /** What a restart of the engine does: the secret is drawn anew, so that no token is good any more. */
  forgetTokens(): void {
    this.#secret = randomBytes(64);
  }
}
