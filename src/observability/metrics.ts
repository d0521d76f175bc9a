/**
 * Counts what the rooms tell, and reads what they only hold, for `/metrics`. Whoever is counted never learns of it and
 * is never disturbed by it.
 *
 * @module
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestDone } from '../http/index.js';
import type { SourcesObserver } from '../sources/index.js';
import type { MetricDefinition } from './metric-table.js';
import { metrics } from './metric-table.js';
import { createRequestFigures } from './request-figures.js';

/** What is looked at when somebody asks, instead of being told. */
export interface Gauged {
  /** How many sources are in each state of health. */
  countSources(): Promise<Readonly<Record<string, number>>>;
  /** The threads that hash passwords. */
  hashing(): { readonly queued: number; readonly running: number; readonly hashMs: number };
  countExpiring(): Promise<readonly { readonly kind: string; readonly within: string; readonly count: number }[]>;
  verification(): { readonly held: number; readonly found: number; readonly notFound: number };
  store(): { readonly transactions: number; readonly commits: number };
}

export interface Metrics {
  /** Begins to measure the process itself; only a service needs it. */
  watchProcess(): void;
  /** From then on these are looked at too. */
  watch(gauged: Gauged): void;
  requestDone(done: RequestDone): void;
  readonly sources: Omit<SourcesObserver, 'backgroundFailed'> & { backgroundFailed(): void };
  /** Everything, in Prometheus' text format. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const requests = createRequestFigures(registry);
  const tests = counter(metrics.tests);
  const testSeconds = histogram(metrics.testSeconds);
  const unclassified = counter(metrics.unclassified);
  const healthChanges = counter(metrics.healthChanges);
  const notices = counter(metrics.notices);
  const backgroundFailures = counter(metrics.backgroundFailures);

  return {
    watchProcess: () => collectDefaultMetrics({ register: registry }),
    watch({ countSources, countExpiring, hashing, verification, store }) {
      gauge(metrics.sources, async (self) => {
        for (const [state, count] of Object.entries(await countSources())) self.set({ state }, count);
      });
      gauge(metrics.expiring, async (self) => {
        for (const { kind, within, count } of await countExpiring()) self.set({ kind, within }, count);
      });
      gauge(metrics.hashesQueued, (self) => self.set(hashing().queued));
      gauge(metrics.hashesRunning, (self) => self.set(hashing().running));
      gauge(metrics.hashSeconds, (self) => self.set(hashing().hashMs / 1_000));
      gauge(metrics.credentialsHeld, (self) => self.set(verification().held));
      total(metrics.credentialsFound, () => verification().found);
      total(metrics.credentialsLookedUp, () => verification().notFound);
      total(metrics.storeTransactions, () => store().transactions);
      total(metrics.storeCommits, () => store().commits);
    },
    requestDone: (done) => requests.add(done),
    sources: {
      connectionTested({ kind, engine, outcome, stage, reason, durationMs }) {
        const what = { kind, engine: engine ?? 'unknown', outcome };
        tests.inc({ ...what, stage: stage ?? 'none', reason: reason ?? 'none' });
        testSeconds.observe(what, durationMs / 1_000);
      },
      unclassified: ({ engine, stage }) => unclassified.inc({ engine: engine ?? 'unknown', stage }),
      healthChanged: ({ from, to }) => healthChanges.inc({ from, to }),
      noticeAttempted: ({ outcome }) => notices.inc({ outcome }),
      backgroundFailed: () => backgroundFailures.inc(),
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };

  function counter({ name, help, labels }: MetricDefinition): Counter {
    return new Counter({ name, help, labelNames: [...labels], registers: [registry] });
  }

  function histogram({ name, help, labels, buckets = [] }: MetricDefinition): Histogram {
    return new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] });
  }

  /** A figure that cannot be had at the moment is not shown; the others are. */
  function gauge({ name, help, labels }: MetricDefinition, look: (self: Gauge) => unknown): void {
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [registry],
      async collect() {
        try {
          await look(this);
        } catch {
          this.reset();
        }
      },
    });
  }

  /** A counter that somebody else keeps. */
  function total({ name, help }: MetricDefinition, look: () => number): void {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(look());
      },
    });
  }
}
