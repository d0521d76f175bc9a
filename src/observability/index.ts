/** The door of observability: it listens. @module */
export { createLog, type Log } from './log.js';
export { type MetricDefinition, metrics } from './metric-table.js';
export { createMetrics } from './metrics.js';
export { watchSources } from './watch-sources.js';
