/** What the stages of a connection are called, and in which order they are waited for. @module */
import type { components } from '../../api/schema';
import { type Engine, engines } from './engines';

export type StageRow = components['schemas']['Stage'];
export type Verdict = components['schemas']['Verdict'];
export type StageName = StageRow['stage'];

export const stageTitles: Readonly<Record<StageName, string>> = {
  input: 'Fields',
  policy: 'Permission to dial',
  resolve: 'Host name',
  tcp: 'Host and port',
  tunnel: 'SSH tunnel',
  tls: 'Encryption',
  handshake: 'Protocol',
  authenticate: 'Sign-in',
  database: 'Database',
  query: 'A first query',
  privilege: 'Privileges',
  catalog: 'Catalogue',
};

const order = Object.keys(stageTitles) as readonly StageName[];
const expectedOfServer: readonly StageName[] = [
  ...(['input', 'policy', 'resolve', 'tcp', 'tls', 'handshake', 'authenticate', 'database', 'query'] as const),
];
const expectedOfFile: readonly StageName[] = ['input', 'policy', 'database', 'query'];

export interface ShownStage {
  readonly name: StageName;
  /** `waiting`: not begun; `running`: the next to end. */
  readonly state: 'waiting' | 'running' | StageRow['status'];
  readonly row: StageRow | null;
}

/**
 * The stages to show: those that ended, and while the test runs those still to come. What an engine does not have
 * (skipped for no reason), or a test never comes to, is left out.
 */
export function shownStages(
  rows: readonly StageRow[],
  engine: Engine | null,
  isRunning: boolean,
): readonly ShownStage[] {
  const expected = engine !== null && engines[engine].isFile ? expectedOfFile : expectedOfServer;
  const told = new Map(rows.map((row) => [row.stage, row]));
  const next = isRunning ? expected.find((name) => !told.has(name)) : undefined;
  return order.flatMap((name): ShownStage[] => {
    const row = told.get(name);
    if (row?.status === 'skip' && (row.reason === null || !expected.includes(name))) return [];
    if (row !== undefined) return [{ name, state: row.status, row }];
    if (!isRunning || !expected.includes(name)) return [];
    return [{ name, state: name === next ? 'running' : 'waiting', row: null }];
  });
}

const audiences = {
  user: 'you, or whoever gave you the credentials',
  dba: 'the database’s administrator',
  network: 'the network’s administrator',
  platform: 'the operator of Latchkey',
} as const;

/** Who can mend it. */
export function sayAudience(audience: Verdict['audience']): string | null {
  return audience === null ? null : audiences[audience];
}

/** What facts are called; one that is not named here is its own name, in words. */
const factWords: Readonly<Record<string, string>> = {
  native: 'its own code',
  mayMean: 'may also mean',
  speaks: 'what answers speaks',
  asked: 'what it asks for',
  pooler: 'the pooler says',
  daysLeft: 'days left',
  ageDays: 'age in days',
  verified: 'certificate verified',
  lagSeconds: 'behind by (s)',
  viaPublic: 'held by everybody',
};

/** `may also mean: wrong password …`: facts of a stage or a check as one line. Codes stay as the database says them. */
export function sayEvidence(evidence: StageRow['evidence']): string {
  return Object.entries(evidence)
    .map(([name, value]) => `${factWords[name] ?? inWords(name)}: ${sayFact(value)}`)
    .join(' · ');
}

/** `serverDefaultMs`: `server default (ms)`. */
function inWords(name: string): string {
  const words = name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.replace(/ ms$/, ' (ms)');
}

function sayFact(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? value.toLocaleString('en') : value;
}
