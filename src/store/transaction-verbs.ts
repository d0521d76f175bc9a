/**
 * The verbs of a transaction of identity. There are sixty and a transaction uses three, so that a group of them is made
 * when one of it is asked for.
 *
 * @module
 */
import type { AuditEvent } from '../audit/index.js';
import type { IdentityTransaction } from '../identity/index.js';
import { type ChangesOfTransaction, isNoted, verbNames } from './credential-changes.js';
import type { StoreDatabase } from './engine.js';

type VerbGroup = (tx: StoreDatabase) => Partial<IdentityTransaction>;
type Verb = (...input: unknown[]) => Promise<unknown>;

/** One attempt of a transaction. */
class Attempt {
  readonly tx: StoreDatabase;
  readonly changes: ChangesOfTransaction;
  readonly events: AuditEvent[];
  readonly made: Partial<IdentityTransaction>[] = [];

  constructor(tx: StoreDatabase, changes: ChangesOfTransaction, events: AuditEvent[]) {
    this.tx = tx;
    this.changes = changes;
    this.events = events;
  }

  /** Written last, so that a chain is held no longer than its own append and the commit take. */
  async appendAudit(event: AuditEvent): Promise<void> {
    this.events.push(event);
  }
}

/**
 * @param groups  Hold every verb but `appendAudit` between them.
 * @param sample  Any database of the engine; nothing is asked of it.
 * @returns the verbs of one attempt, which note what they change and gather the events.
 */
export function createTransactionVerbs(
  groups: readonly VerbGroup[],
  sample: StoreDatabase,
): (tx: StoreDatabase, changes: ChangesOfTransaction, events: AuditEvent[]) => IdentityTransaction {
  const samples = groups.map((group) => group(sample));
  class Verbs extends Attempt {}
  for (const name of verbNames) {
    if (name === 'appendAudit') continue;
    const place = samples.findIndex((verbs) => verbs[name] !== undefined);
    const group = groups[place];
    if (group === undefined) throw new TypeError(`no group has the verb ${name}`);
    const verbOf = (attempt: Attempt) => {
      const verbs = attempt.made[place] ?? group(attempt.tx);
      attempt.made[place] = verbs;
      return verbs[name] as Verb;
    };
    Object.defineProperty(Verbs.prototype, name, {
      writable: true,
      value: isNoted(name)
        ? async function noted(this: Attempt, ...input: unknown[]) {
            const result = await verbOf(this)(...input);
            await this.changes.note(this.tx, name, result, input);
            return result;
          }
        : function plain(this: Attempt, ...input: unknown[]) {
            return verbOf(this)(...input);
          },
    });
  }
  return (tx, changes, events) => new Verbs(tx, changes, events) as unknown as IdentityTransaction;
}
