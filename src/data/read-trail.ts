/**
 * Who read what, for the audit trail: counted together for a minute per credential, place and dataset, so that the
 * trail grows with who reads what and not with how often. Where the trail cannot be written for long, reading stops.
 *
 * @module
 */
import type { AuditEvent, AuditOrigin } from '../audit/index.js';
import { AppError } from '../kernel/errors.js';
import type { DataDeps } from './deps.js';
import { dataErrors } from './errors.js';
import type { Actor, Dataset } from './model.js';
import { subjectOf } from './reach.js';
import type { ReadFacts } from './read-facts.js';

export interface ReadTrail {
  /** @throws `data.trail_unavailable` when what was read lately could not be written down. */
  assertKept(): void;
  read(actor: Actor, dataset: Dataset, facts: ReadFacts, rows: number): void;
  /** @param dataset  `null`: none that there is, or that the caller may know of. */
  refused(actor: Actor, event: 'data.read' | 'data.written', dataset: Dataset | null, code: string): void;
  /** Writes down what is still counted. */
  settle(): Promise<void>;
}

const windowMs = 60_000;
/** Longest time for which reading goes on while the trail cannot be written. */
const patienceMs = 120_000;
/** Entries that are counted at once. */
const maxEntries = 10_000;
/** With the policy `sampled`, one window out of so many is told. */
const sampledOneIn = 10;
/** Characters of a list of names in one fact. */
const maxListCharacters = 2_000;

interface Entry {
  readonly name: 'data.read' | 'data.written';
  readonly actor: Actor;
  readonly dataset: Dataset | null;
  readonly refusal: string | null;
  readonly isTold: boolean;
  readonly fromMs: number;
  requests: number;
  rows: number;
  readonly columns: Set<string>;
  readonly conditions: Set<string>;
  readonly masked: Set<string>;
  readonly grants: Set<string>;
  readonly filtering: Set<string>;
}

export function createReadTrail({
  audit,
  clock,
  ids,
  auditReads = 'all',
  onBackgroundFault = () => undefined,
}: Pick<DataDeps, 'audit' | 'clock' | 'ids' | 'auditReads' | 'onBackgroundFault'>): ReadTrail {
  let entries = new Map<string, Entry>();
  /** Being written, or left over from when that failed. */
  let waiting: readonly AuditEvent[] = [];
  let failingSinceMs: number | null = null;
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  const entryOf = (
    name: Entry['name'],
    actor: Actor,
    dataset: Dataset | null,
    refusal: string | null,
  ): Entry | undefined => {
    const { principal, origin } = actor;
    const { kind, id } = principal.credential;
    const parts = [
      name,
      kind,
      id,
      principal.userId,
      origin.door,
      origin.address,
      dataset === null ? null : [dataset.sourceId, dataset.name],
      refusal,
    ];
    const key = JSON.stringify(parts);
    let entry = entries.get(key);
    if (entry === undefined) {
      if (entries.size >= maxEntries) void write();
      const isTold = refusal !== null || auditReads === 'all' || (ids.bytes(1)[0] ?? 0) % sampledOneIn === 0;
      const sets = { columns: new Set<string>(), conditions: new Set<string>(), masked: new Set<string>() };
      const byGrant = { grants: new Set<string>(), filtering: new Set<string>() };
      const fromMs = clock.nowMs();
      entry = { name, actor, dataset, refusal, isTold, fromMs, requests: 0, rows: 0, ...sets, ...byGrant };
      entries.set(key, entry);
      timer ??= setTimeout(() => void write(), windowMs).unref();
    }
    entry.requests += 1;
    return entry;
  };

  const write = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    writing ??= append().finally(() => {
      writing = null;
    });
    return writing;
  };

  const append = async (): Promise<void> => {
    const told = [...entries.values()].filter(({ isTold }) => isTold);
    entries = new Map();
    waiting = [...waiting, ...told.map(eventOf)];
    try {
      if (waiting.length > 0) await audit.append(waiting);
      waiting = [];
      failingSinceMs = null;
    } catch (fault) {
      failingSinceMs ??= performance.now();
      timer ??= setTimeout(() => void write(), windowMs / 4).unref();
      onBackgroundFault(fault);
    }
  };

  return {
    assertKept() {
      const isTooMuch = waiting.length + entries.size >= 2 * maxEntries;
      const isTooLong = failingSinceMs !== null && performance.now() - failingSinceMs > patienceMs;
      if (isTooMuch || isTooLong) throw dataErrors.trail_unavailable({ details: { retryAfterSeconds: 15 } });
    },

    read(actor, dataset, facts, rows) {
      if (auditReads === 'off') return;
      const entry = entryOf('data.read', actor, dataset, null);
      if (entry === undefined) return;
      entry.rows += rows;
      for (const list of ['columns', 'conditions', 'masked', 'grants', 'filtering'] as const) {
        for (const one of facts[list]) entry[list].add(one);
      }
    },

    refused(actor, name, dataset, code) {
      entryOf(name, actor, dataset, code);
    },

    async settle() {
      await writing;
      await write();
      if (waiting.length > 0) throw dataErrors.trail_unavailable();
    },
  };
}

function eventOf(entry: Entry): AuditEvent {
  const { actor, dataset, refusal, requests } = entry;
  const { principal, origin } = actor;
  const lists = (['columns', 'conditions', 'masked', 'grants', 'filtering'] as const).flatMap((list) =>
    entry[list].size === 0 ? [] : [[list, listText(entry[list])] as const],
  );
  return {
    name: entry.name,
    atMs: entry.fromMs,
    origin: originOf(origin, requests),
    actorId: principal.userId,
    credential: { kind: principal.credential.kind, id: principal.credential.id },
    organisationId: principal.organisationId ?? dataset?.organisationId ?? null,
    subject: dataset === null ? null : subjectOf(dataset),
    outcome: refusal === null ? 'ok' : 'refused',
    reason: refusal,
    facts: {
      requests,
      ...(refusal === null ? { rows: entry.rows } : {}),
      ...(dataset === null ? {} : { dataset: dataset.name, source: dataset.sourceName }),
      ...Object.fromEntries(lists),
    },
  };
}

/** One request is told by its own name; several have none together. */
function originOf(origin: AuditOrigin, requests: number): AuditOrigin {
  return { door: origin.door, address: origin.address, requestId: requests === 1 ? origin.requestId : null };
}

/** Names in JSON, in order, as many as there is room for. */
export function listText(names: Iterable<string>): string {
  const sorted = [...names].sort();
  let characters = 0;
  const kept = sorted.filter((name) => {
    characters += name.length + 3;
    return characters <= maxListCharacters;
  });
  const more = sorted.length - kept.length;
  return `${JSON.stringify(kept)}${more === 0 ? '' : ` and ${more} more`}`;
}

/** Does the work; that it was refused is counted. */
export async function refusalRecorded<T>(
  { trail }: { readonly trail: ReadTrail },
  actor: Actor,
  work: () => Promise<T>,
  dataset: Dataset | null = null,
  event: 'data.read' | 'data.written' = 'data.read',
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.kind === 'permission_denied') {
      trail.refused(actor, event, dataset, error.code);
    }
    throw error;
  }
}
