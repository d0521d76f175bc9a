/** The generated pages of `docs/reference` and what renders each. @module */
import { renderCli } from './generate-cli.js';
import { renderConfiguration } from './generate-configuration.js';
import { renderErrors } from './generate-errors.js';
import { renderMetrics } from './generate-metrics.js';
import { renderApi } from './generate-openapi.js';
import { renderVerdicts } from './generate-verdicts.js';

export const referencePages: readonly { readonly path: string; render(): string | Promise<string> }[] = [
  { path: 'docs/reference/cli.md', render: renderCli },
  { path: 'docs/reference/configuration.md', render: renderConfiguration },
  { path: 'docs/reference/errors.md', render: renderErrors },
  { path: 'docs/reference/metrics.md', render: renderMetrics },
  { path: 'docs/reference/openapi.json', render: renderApi },
  { path: 'docs/reference/verdicts.md', render: renderVerdicts },
];
