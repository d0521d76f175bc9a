/**
 * Where a client under test meets hostile servers: both in processes of their own, measured, and judged by rules that
 * hold for every behaviour.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Behaviour, Protocol } from './behaviour.js';
import type { Heard } from './server-process.js';
import type { Measured, SubjectRequest, Told } from './subject-process.js';
import type { Verb } from './verbs.js';

export interface Profile {
  readonly totalMs: number;
  readonly stageMs: number;
  /** How many meet at once, and of those that end by the clock. */
  readonly atOnce: number;
  readonly slowAtOnce: number;
}

export const shortProfile: Profile = { totalMs: 1_500, stageMs: 500, atOnce: 6, slowAtOnce: 16 };
export const longProfile: Profile = { totalMs: 10_000, stageMs: 3_000, atOnce: 1, slowAtOnce: 1 };

/** Faults that others who were measured with it, or the load of the machine, may have. */
const shared = /^(?:late|stall|memory|cpu):/;

export interface Encounter {
  readonly behaviour: Behaviour;
  readonly verb: Verb;
  /** `null` when the client's process died. */
  readonly told: Told | null;
  readonly heard: Heard;
  readonly measured: Measured | null;
  /** How many shared the measurement. */
  readonly together: number;
  /** What the client's process wrote when it died. */
  readonly lastWords: string;
}

export const bounds = {
  /** After the deadline: for saying goodbye and for cancelling on the server, which has a time of its own. */
  graceMs: 700,
  heldMs: 100,
  cpuMs: 1_000,
  grownBytes: 48 * 1_048_576,
} as const;

/** What the machine does to a process that does nothing. */
export interface Control {
  readonly heldMs: number;
}

export class Arena {
  readonly password = `Canary7${randomBytes(9).toString('hex')}`;
  readonly marker = `marker-${this.password.slice(-8)}`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'latchkey-hostile-'));
  readonly #fileContent = `file-canary-${randomBytes(12).toString('hex')}`;
  readonly file = join(this.#folder, 'canary.txt');
  readonly #server: Helper;
  #subject: Helper;
  #ca = '';
  control: Control = { heldMs: 0 };

  constructor() {
    writeFileSync(this.file, this.#fileContent);
    this.#server = new Helper('server-process.ts');
    this.#subject = new Helper('subject-process.ts');
  }

  async prepare(): Promise<void> {
    const { password, marker, file } = this;
    const fileContent = this.#fileContent;
    const { ca } = await this.#server.ask<{ ca: string }>({ do: 'prepare', password, marker, file, fileContent });
    this.#ca = ca;
    await this.#subject.ask({ verb: 'ping' });
  }

  /** Measures the process under test while it waits: what it is then is the machine's. */
  async calibrate(idleMs: number): Promise<Control> {
    await this.#subject.ask({ verb: 'begin' });
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const { heldMs } = await this.#subject.ask<Measured>({ verb: 'measure' });
    this.control = { heldMs: Math.max(this.control.heldMs, heldMs) };
    return this.control;
  }

  /** Everything the process under test wrote. */
  output(): string {
    return this.#subject.output();
  }

  /**
   * Some at once, those that end by the clock apart from the others. What others, or a busy machine, may have made too
   * much is measured once more, alone, and that counts; what must never be, counts at once.
   */
  async meetAll(
    protocol: Protocol,
    verb: Verb,
    behaviours: readonly Behaviour[],
    profile: Profile,
  ): Promise<readonly Encounter[]> {
    const encounters: Encounter[] = [];
    for (const isSlow of [false, true]) {
      const rows = behaviours.filter((behaviour) => (behaviour.isSlow === true) === isSlow);
      const atOnce = isSlow ? profile.slowAtOnce : profile.atOnce;
      for (let at = 0; at < rows.length; at += atOnce) {
        for (const met of await this.meet(protocol, verb, rows.slice(at, at + atOnce), profile)) {
          const faults = this.judge(met, profile);
          const isDoubtful = faults.length > 0 && faults.every((fault) => shared.test(fault));
          if (isDoubtful) encounters.push(...(await this.meet(protocol, verb, [met.behaviour], profile)));
          else encounters.push(met);
        }
      }
    }
    return encounters;
  }

  /** @param group  Meet at once and are measured together. */
  async meet(
    protocol: Protocol,
    verb: Verb,
    group: readonly Behaviour[],
    profile: Profile,
  ): Promise<readonly Encounter[]> {
    await this.#subject.ask({ verb: 'begin' });
    const ports = await Promise.all(
      group.map(async ({ name }) => (await this.#server.ask<{ port: number }>({ do: 'open', protocol, name })).port),
    );
    const told = await Promise.all(
      group.map((behaviour, index) => this.#tell(protocol, verb, behaviour, ports[index] ?? 0, profile)),
    );
    const isAlive = told.every((one) => one !== null);
    const measured = isAlive ? await this.#subject.ask<Measured>({ verb: 'measure' }).catch(() => null) : null;
    let lastWords = '';
    if (measured === null) {
      lastWords = this.#subject.output();
      this.#subject.kill();
      this.#subject = new Helper('subject-process.ts');
      await this.#subject.ask({ verb: 'ping' });
    }
    const heard = await Promise.all(ports.map((port) => this.#server.ask<Heard>({ do: 'close', port })));
    return group.map((behaviour, index) => ({
      behaviour,
      verb,
      told: measured === null ? null : (told[index] ?? null),
      heard: heard[index] as Heard,
      measured,
      together: group.length,
      lastWords,
    }));
  }

  async #tell(
    protocol: Protocol,
    verb: Verb,
    behaviour: Behaviour,
    port: number,
    { totalMs, stageMs }: Profile,
  ): Promise<Told | null> {
    const mode = behaviour.tls ?? 'disable';
    const request: Omit<SubjectRequest, 'id'> = {
      verb,
      protocol,
      port,
      tls: { mode, ...(mode === 'verify-full' ? { ca: this.#ca } : {}) },
      isStranger: behaviour.isStranger === true,
      password: this.password,
      file: this.file,
      totalMs,
      stageMs,
    };
    // A client that does not come back at all is as good as dead.
    return this.#subject.ask<Told>(request, 3 * totalMs + 20_000).catch((fault: unknown) => {
      if (fault instanceof HelperFault) throw fault;
      return null;
    });
  }

  close(): void {
    this.#server.kill();
    this.#subject.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What is wrong with how an encounter ended; empty when nothing is. */
  judge({ behaviour, verb, told, heard, measured, lastWords }: Encounter, profile: Profile): readonly string[] {
    const faults: string[] = [];
    const expect = (isRight: boolean, fault: string) => {
      if (!isRight) faults.push(fault);
    };
    if (told === null || measured === null) return [`dead: ${lastWords || 'no answer'}`];
    const readMs = verb === 'openCatalog' ? profile.totalMs : 0;
    expect(told.ms <= profile.totalMs + readMs + bounds.graceMs, `late: ${Math.round(told.ms)} ms`);
    const isDeep = verb !== 'probe' && behaviour.expect.some((one) => one === 'passed' || one.startsWith('query:'));
    const stagesBefore = /^(policy|resolve|tcp|tls|handshake|authenticate|database):/;
    const isExpected = behaviour.expect.includes(told.verdict) || (isDeep && !stagesBefore.test(told.verdict));
    expect(isExpected, `verdict: ${told.verdict}, not ${behaviour.expect.join(' or ')}`);
    const isNamed = behaviour.isUnknownCode === true || !told.reasons.includes('UNCLASSIFIED');
    expect(isNamed, 'unclassified');
    expect(told.thrown === null || /^sources\./.test(told.thrown), `thrown: ${told.thrown}`);
    expect(measured.grownBytes <= bounds.grownBytes, `memory: ${Math.round(measured.grownBytes / 1_048_576)} MB`);
    const mayHoldMs = Math.max(bounds.heldMs, this.control.heldMs);
    expect(measured.heldMs <= mayHoldMs, `stall: ${Math.round(measured.heldMs)} ms`);
    expect(measured.cpuMs <= bounds.cpuMs, `cpu: ${Math.round(measured.cpuMs)} ms`);
    expect(!heard.found.includes('file'), 'file: bytes of a local file went out');
    const mayShow = behaviour.mayHavePassword === true;
    expect(mayShow || !heard.found.includes('password'), 'password: shown to the server');
    const isQuoted = told.text.includes(this.marker) || told.text.includes(this.password);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(!isQuoted && !/\\u001b|[\u0000-\u0008\u000e-\u001f]/.test(told.text), 'quoted: text of the server');
    expect(heard.faults.length === 0, `the play: ${heard.faults.join('; ')}`);
    return faults;
  }
}

class HelperFault extends Error {}

/** A child process that answers questions. */
class Helper {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (fault: Error) => void }>();
  #lastId = 0;
  #output = '';

  constructor(file: string) {
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), {
      execArgv: ['--expose-gc', '--import', 'tsx'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('latin1');
      });
    }
    this.#child.on('message', (answer: { id: number; value?: unknown; fault?: string }) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.fault === undefined) waiting?.resolve(answer.value as never);
      else waiting?.reject(new HelperFault(answer.fault));
    });
    this.#child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the process ended: ${this.#output}`));
      this.#waiting.clear();
    });
  }

  ask<T>(request: object, limitMs = 30_000): Promise<T> {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer')), limitMs);
      const settle =
        <V>(end: (value: V) => void) =>
        (value: V) => {
          clearTimeout(timer);
          end(value);
        };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      if (!this.#child.connected) return settle(reject)(new Error(`the process ended: ${this.#output}`));
      this.#child.send({ ...request, id });
    });
  }

  output(): string {
    return this.#output;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
