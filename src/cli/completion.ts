/**
 * `latchkey completion …`: a script that teaches a shell our commands, written from the commands themselves. The shell
 * never starts us to complete a word.
 *
 * @module
 */
import { Argument, Command, type Option } from 'commander';
import { type CompletedCommand, type CompletedOption, type Shell, scriptFor, shells } from './completion-scripts.js';
import { outputOf } from './session.js';

export function completionCommand(): Command {
  return new Command('completion')
    .description('a script that completes commands, options and their values in your shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText(
      'after',
      [
        '\nIn ~/.bashrc:  eval "$(latchkey completion bash)"',
        'zsh, into a folder of $fpath:  latchkey completion zsh > ~/.zfunc/_latchkey',
        'fish:  latchkey completion fish > ~/.config/fish/completions/latchkey.fish',
        '\nExample:\n  latchkey completion bash',
      ].join('\n'),
    )
    .action((shell: Shell, _options: unknown, command: Command) => {
      const script = scriptFor(shell, completedCommands(rootOf(command)));
      const output = outputOf(command);
      output.answer({ shell, script }, script.trimEnd().split('\n'));
    });
}

/** Every command with what can follow it, the program itself first. Paths are words with blanks between. */
export function completedCommands(command: Command, path: readonly string[] = []): CompletedCommand[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const own: CompletedCommand = {
    path: path.join(' '),
    words: [
      ...commands.map((verb) => ({ word: verb.name(), meaning: firstSentence(verb.description()) })),
      ...command.registeredArguments.flatMap(({ argChoices = [], description }) => {
        return argChoices.map((word) => ({ word, meaning: description }));
      }),
    ],
    options: help.visibleOptions(command).map(completedOption),
  };
  const known = commands.filter((verb) => command.commands.includes(verb));
  return [own, ...known.flatMap((verb) => completedCommands(verb, [...path, verb.name()]))];
}

function completedOption(option: Option): CompletedOption {
  return {
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
    meaning: firstSentence(option.description),
    value: !option.required
      ? { kind: 'none' }
      : option.argChoices !== undefined
        ? { kind: 'list', values: option.argChoices }
        : { kind: /<(file|path)>/.test(option.flags) ? 'file' : 'free' },
  };
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function firstSentence(text: string): string {
  return text.split(/[;:] /)[0] ?? text;
}
