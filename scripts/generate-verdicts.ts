/** Renders `docs/reference/verdicts.md` from the tables of sources: reasons of a verdict, and the preflight checks. @module */
import { type CheckDefinition, checks, engines, type Reason, reasons, stages } from '../src/sources/index.js';

type ReasonDefinition = (typeof reasons)[Reason];

const audiences: Readonly<Record<ReasonDefinition['audience'], string>> = {
  user: 'whoever connects',
  dba: 'the database’s administrator',
  network: 'the network’s administrator',
  platform: 'the operator of Latchkey',
};

export function renderVerdicts(): string {
  const lines = [
    '# Verdicts',
    '',
    'Generated from `src/sources/reasons.ts` and `src/sources/checks.ts` by `npm run docs`.',
    '',
    'A connection goes through the stages in this order:',
    `${stages.map((stage) => `\`${stage}\``).join(' → ')}. The first that fails is the verdict; those after it are skipped`,
    'with `PRIOR_STAGE_FAILED`.',
    '',
    '## Reasons',
    '',
    'Retryable: the same attempt could succeed later without anybody changing anything. Fields have their neutral names;',
    'the families spell them as their requests do.',
    '',
    '| stage | reason | retryable | who | field | fix |',
    '|---|---|---|---|---|---|',
  ];
  for (const [reason, definition] of Object.entries<ReasonDefinition>(reasons)) {
    const field = definition.field === null ? '–' : `\`${definition.field}\``;
    lines.push(
      `| ${definition.stages.join(', ')} | \`${reason}\` | ${definition.retryable ? 'yes' : 'no'} | ${audiences[definition.audience]} | ${field} | ${cell(definition.fix)} |`,
    );
  }
  lines.push(
    '',
    '## Preflight checks',
    '',
    'A failed blocking check means that a run would fail; an advisory one that somebody should look. A check an engine',
    'does not have is skipped and says so.',
    '',
    '| | check | kind | asks | engines |',
    '|---|---|---|---|---|',
  );
  for (const [check, definition] of Object.entries<CheckDefinition>(checks)) {
    const served = engines.filter((engine) => !definition.notFor.includes(engine));
    const kind = definition.isBlocking ? 'blocking' : 'advisory';
    const shown = served.length === engines.length ? 'all' : served.join(', ');
    lines.push(`| ${definition.number} | \`${check}\` | ${kind} | ${cell(definition.asks)} | ${shown} |`);
  }
  return `${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
