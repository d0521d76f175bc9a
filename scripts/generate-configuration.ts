/**
 * Renders `docs/reference/configuration.md` from the schema of config.
 *
 * @module
 */
import { configFileName, environmentName, settings } from '../src/config/index.js';

export function renderConfiguration(): string {
  const lines = [
    '# Configuration',
    '',
    'Generated from `src/config/schema.ts` by `npm run docs`.',
    '',
    `Every setting is an environment variable or an entry of \`${configFileName}\` (a dotted name is nested: \`http.port\` is`,
    '`{"http": {"port": …}}`); the environment wins. An unknown or invalid setting stops the start, with one line per fault.',
    '`latchkey config show` prints what is in force and where it comes from, secrets redacted.',
    '',
    '| setting | variable | type | unit | default | meaning |',
    '|---|---|---|---|---|---|',
  ];
  for (const setting of Object.values(settings)) {
    const standard = setting.standard === null ? '–' : setting.standard === '' ? 'empty' : `\`${setting.standard}\``;
    const cells = [
      `\`${setting.name}\``,
      `\`${environmentName(setting.name)}\``,
      setting.type,
      setting.unit ?? '',
      standard,
      setting.sentence,
    ];
    lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}
