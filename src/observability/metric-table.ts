/**
 * Every figure of our own at `/metrics`, described once: the registry and the reference page are made from it. Labels
 * hold words of ours only, never a name, host or path that somebody sent, so that their number stays bounded.
 *
 * @module
 */

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in the unit of its name. */
  readonly buckets?: readonly number[];
}

/** From a cached answer to a catalogue that takes minutes. */
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];
/** Up to the longest a test may take. */
const testBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const metrics = {
  requests: {
    name: 'latchkey_http_requests_total',
    type: 'counter',
    help: 'Requests answered. `route` is the declared path, `none` where there is none; `status` its class: 2xx to 5xx.',
    labels: ['family', 'route', 'status'],
  },
  requestSeconds: {
    name: 'latchkey_http_request_duration_seconds',
    type: 'histogram',
    help: 'From the request line to the last byte of the answer.',
    labels: ['family', 'route'],
    buckets: requestBuckets,
  },
  cutAnswers: {
    name: 'latchkey_http_answers_cut_total',
    type: 'counter',
    help: 'Streamed answers that ended before they were whole: the client went away, or something failed.',
    labels: ['family', 'route'],
  },
  tests: {
    name: 'latchkey_connection_tests_total',
    type: 'counter',
    help: 'Databases reached for: tests, preflights, readings of metadata and scheduled checks, with their verdicts.',
    labels: ['kind', 'engine', 'outcome', 'stage', 'reason'],
  },
  testSeconds: {
    name: 'latchkey_connection_test_duration_seconds',
    type: 'histogram',
    help: 'How long reaching them took.',
    labels: ['kind', 'engine', 'outcome'],
    buckets: testBuckets,
  },
  unclassified: {
    name: 'latchkey_verdict_unclassified_total',
    type: 'counter',
    help: 'Faults of databases whose native code has no reason here yet. The code is in the log.',
    labels: ['engine', 'stage'],
  },
  sources: {
    name: 'latchkey_sources',
    type: 'gauge',
    help: 'Stored sources by state of health.',
    labels: ['state'],
  },
  healthChanges: {
    name: 'latchkey_source_health_changes_total',
    type: 'counter',
    help: 'Changes of health that scheduled checks found.',
    labels: ['from', 'to'],
  },
  notices: {
    name: 'latchkey_webhook_attempts_total',
    type: 'counter',
    help: 'Attempts to tell a webhook: delivered, to be retried, or given up.',
    labels: ['outcome'],
  },
  backgroundFailures: {
    name: 'latchkey_background_failures_total',
    type: 'counter',
    help: 'Scheduled work that failed for a reason of our own. What it was is in the log.',
    labels: [],
  },
  expiring: {
    name: 'latchkey_expiring',
    type: 'gauge',
    help: 'What will end within a day, 7 and 30 days, by kind; counted up to 1,000 and at most once a minute.',
    labels: ['kind', 'within'],
  },
  hashesQueued: {
    name: 'latchkey_password_hashes_queued',
    type: 'gauge',
    help: 'Password hashes waiting for a thread.',
    labels: [],
  },
  hashesRunning: {
    name: 'latchkey_password_hashes_running',
    type: 'gauge',
    help: 'Password hashes being computed.',
    labels: [],
  },
  hashSeconds: {
    name: 'latchkey_password_hash_seconds',
    type: 'gauge',
    help: 'How long one hash takes on this machine, measured.',
    labels: [],
  },
  credentialsHeld: {
    name: 'latchkey_credentials_held',
    type: 'gauge',
    help: 'Credentials held in memory; 50,000 at the most.',
    labels: [],
  },
  credentialsFound: {
    name: 'latchkey_credentials_found_total',
    type: 'counter',
    help: 'Credentials that were answered for from memory.',
    labels: [],
  },
  credentialsLookedUp: {
    name: 'latchkey_credentials_looked_up_total',
    type: 'counter',
    help: 'Credentials, good or not, that were not answered for from memory.',
    labels: [],
  },
  storeTransactions: {
    name: 'latchkey_store_transactions_total',
    type: 'counter',
    help: 'Transactions of our own store that were made durable.',
    labels: [],
  },
  storeCommits: {
    name: 'latchkey_store_commits_total',
    type: 'counter',
    help: 'Commits that made them so; fewer than transactions where commits are grouped.',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
