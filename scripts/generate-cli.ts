/**
 * Renders `docs/reference/cli.md` from the commands themselves.
 *
 * @module
 */
import type { Command } from 'commander';
import { createProgram } from '../src/cli/index.js';

export function renderCli(): string {
  const program = createProgram('');
  const lines = [
    '# Command line',
    '',
    'Generated from the commands by `npm run docs`. Every command takes `--json` (one JSON document on standard output)',
    'and `--help`. Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 could not determine.',
  ];
  for (const command of program.commands) describe(command, `latchkey ${command.name()}`, lines);
  return `${lines.join('\n')}\n`;
}

function describe(command: Command, name: string, lines: string[]): void {
  if (command.commands.length > 0) {
    for (const verb of command.commands) describe(verb, `${name} ${verb.name()}`, lines);
    return;
  }
  const words = command.registeredArguments.map((argument) => {
    const shown = argument.variadic ? `${argument.name()}…` : argument.name();
    return argument.required ? `<${shown}>` : `[${shown}]`;
  });
  lines.push('', `## \`${[name, ...words].join(' ')}\``, '', sentence(command.description()));
  const options = command.options.filter((option) => !option.hidden && option.long !== '--json');
  if (options.length === 0) return;
  lines.push('', '| option | meaning |', '|---|---|');
  for (const option of options) {
    const isShown = typeof option.defaultValue === 'string' || typeof option.defaultValue === 'number';
    const standard = isShown ? ` (default \`${option.defaultValue}\`)` : '';
    const choices =
      option.argChoices === undefined ? '' : `: ${option.argChoices.map((one) => `\`${one}\``).join(', ')}`;
    lines.push(`| \`${option.flags.replaceAll('|', '\\|')}\` | ${option.description}${choices}${standard} |`);
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
