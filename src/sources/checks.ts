/**
 * The twenty-four preflight checks: what each asks, whether its failure blocks, and which engines have it. A check an
 * engine does not have is skipped and says so.
 *
 * @module
 */
import type { Audience, Engine } from './model.js';
import type { Reason } from './reasons.js';

export interface CheckDefinition {
  readonly number: number;
  /** A failure of a blocking check means that a run would fail; of an advisory one that somebody should look. */
  readonly isBlocking: boolean;
  /** One sentence: what is asked. */
  readonly asks: string;
  /** Engines that have nothing to ask here. */
  readonly notFor: readonly Engine[];
}

const files: readonly Engine[] = ['sqlite', 'duckdb'];

export const checks = {
  inputShape: define(1, true, 'Are the fields complete and well formed?'),
  targetPolicy: define(2, true, 'May this service reach that target?'),
  nameResolution: define(3, true, 'Does the host name lead to addresses?', files),
  reachability: define(4, true, 'Does an address accept connections?', files),
  tlsMode: define(5, true, 'Is the connection encrypted as the mode asks for, with TLS 1.2 or newer?', files),
  certificate: define(6, false, 'Is the certificate valid for this name for at least 14 more days?', files),
  serverVersion: define(7, true, 'Does it speak the protocol, in a supported version?'),
  authentication: define(8, true, 'Are the credentials accepted?', files),
  accountState: define(9, true, 'Is the account unlocked and valid for at least 14 more days?', files),
  databaseAccess: define(10, true, 'Does the database exist and may the account connect to it?'),
  roundTrip: define(11, true, 'Is a trivial query answered, and soon enough?'),
  readOnlyState: define(12, false, 'Does the server take writes, where they are declared?'),
  connectionHeadroom: define(13, false, 'Are there connections left, of the server and of the account?', files),
  schemaUsage: define(14, true, 'May the account use the schemas and see objects in them?'),
  sampleRead: define(15, true, 'Can one row be read from a table of every schema?'),
  writePrivileges: define(16, true, 'May the account write, where that is declared?'),
  leastPrivilege: define(17, false, 'Can the account do only what its purpose needs?'),
  statementTimeout: define(18, false, 'Can a time limit be set for statements?'),
  encodingAndClock: define(19, false, 'Are encoding, collation and time zone usual, and do the clocks agree?'),
  catalogSize: define(20, false, 'Is the catalogue within its budget?'),
  catalogViews: define(21, false, 'Can the views of the catalogue be read?'),
  schemaDrift: define(22, false, 'Is the schema as it was in the last snapshot?'),
  replicaLag: define(23, false, 'Is a replica up to date?', files),
  credentialReference: define(24, true, 'Can the credential be resolved, and is it fresh?'),
} as const satisfies Record<string, CheckDefinition>;

export type CheckName = keyof typeof checks;

export type CheckStatus = 'pass' | 'warn' | 'fail' | 'skip';

/** What a connector or this room found. Wording and blocking come from the tables. */
export interface CheckFinding {
  readonly check: CheckName;
  readonly status: CheckStatus;
  /** `null` on pass, and on a skip that is no fault. */
  readonly reason: Reason | null;
  readonly ms: number;
  /** Facts; never secrets. */
  readonly evidence: Readonly<Record<string, string | number | boolean>>;
  /** Names of the objects it is about, at most twenty, quoted as the engine quotes them. */
  readonly objects: readonly string[];
  /** Statements that would mend it, in the engine's own SQL, for its administrator to run. */
  readonly statements: readonly string[];
}

/** A finding as everybody gets it. */
export interface CheckRow extends CheckFinding {
  readonly number: number;
  readonly isBlocking: boolean;
  readonly asks: string;
  readonly audience: Audience | null;
  readonly field: string | null;
  readonly fix: string | null;
}

function define(number: number, isBlocking: boolean, asks: string, notFor: readonly Engine[] = []): CheckDefinition {
  return Object.freeze({ number, isBlocking, asks, notFor });
}
