/** Renders `docs/reference/metrics.md` from the table of observability. @module */
import { type MetricDefinition, metrics } from '../src/observability/index.js';

export function renderMetrics(): string {
  const lines = [
    '# Metrics',
    '',
    'Generated from `src/observability/metric-table.ts` by `npm run docs`.',
    '',
    '`GET /metrics` answers in Prometheus’ text format: callers on this machine without a credential, under the rule of',
    '`workflows.access`; everybody else with an API key whose user may read metrics. Besides these there are the usual',
    'figures of the process (`process_*`, `nodejs_*`). Labels hold words of ours only: no name, host or path that somebody',
    'sent.',
    '',
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
  ];
  for (const { name, type, labels, help } of Object.values<MetricDefinition>(metrics)) {
    const shown = labels.length === 0 ? '–' : labels.map((label) => `\`${label}\``).join(', ');
    lines.push(`| \`${name}\` | ${type} | ${shown} | ${help} |`);
  }
  return `${lines.join('\n')}\n`;
}
