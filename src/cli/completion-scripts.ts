/** Completion scripts of the shells, each from the same description of the commands. @module */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export interface CompletedOption {
  /** `-h`, `--help`. */
  readonly names: readonly string[];
  readonly meaning: string;
  readonly value:
    | { readonly kind: 'none' | 'file' | 'free' }
    | { readonly kind: 'list'; readonly values: readonly string[] };
}

export interface CompletedCommand {
  /** `user add`; nothing for the program itself. */
  readonly path: string;
  /** Verbs, and values of an argument that is one of few. */
  readonly words: readonly { readonly word: string; readonly meaning: string }[];
  readonly options: readonly CompletedOption[];
}

export function scriptFor(shell: Shell, commands: readonly CompletedCommand[]): string {
  return { bash, zsh, fish }[shell](commands);
}

/** For bash from 3.2 on, which macOS has. */
function bash(commands: readonly CompletedCommand[]): string {
  const values = valueCases(commands, {
    list: (names) => `COMPREPLY=($(compgen -W ${quoted(names.join(' '))} -- "$cur")); return`,
    file: 'compopt -o filenames 2>/dev/null; local IFS=$\'\\n\'; COMPREPLY=($(compgen -f -- "$cur")); return',
    free: 'return',
  });
  const follow = commands.map(({ path, words, options }) => {
    const names = options.flatMap((option) => option.names);
    return `    ${quoted(path)}) words=${quoted(words.map(({ word }) => word).join(' '))} options=${quoted(names.join(' '))} ;;`;
  });
  return `# Completion of latchkey for bash. In ~/.bashrc: eval "$(latchkey completion bash)"
_latchkey() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at='' words='' options='' word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$at\${at:+ }$word" in
      ${paths(commands)}) at="$at\${at:+ }$word" ;;
    esac
  done
  # bash takes --option=value apart.
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$at $prev" in
${values}
  esac
  case "$at" in
${follow.join('\n')}
  esac
  if [[ $cur == -* ]]; then words="$options"; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _latchkey latchkey
`;
}

/** As a file of `$fpath`, and as text for `eval`. */
function zsh(commands: readonly CompletedCommand[]): string {
  const values = valueCases(commands, {
    list: (names) => `compadd -- ${names.map(quoted).join(' ')}; return`,
    file: '_files; return',
    free: "_message 'value'; return",
  });
  const follow = commands.map(({ path, words, options }) => {
    const verbs = words.map(({ word, meaning }) => quoted(`${word}:${meaning}`));
    const names = options.flatMap((option) => option.names.map((name) => quoted(`${name}:${option.meaning}`)));
    return `    ${quoted(path)}) verbs=(${verbs.join(' ')}) options=(${names.join(' ')}) ;;`;
  });
  return `#compdef latchkey
# Completion of latchkey for zsh: a file _latchkey in a folder of $fpath, or eval "$(latchkey completion zsh)".
_latchkey() {
  local at='' cur="\${words[CURRENT]}" prev="\${words[CURRENT-1]}" word i
  local -a verbs options
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    case "$at\${at:+ }$word" in
      ${paths(commands)}) at="$at\${at:+ }$word" ;;
    esac
  done
  case "$at $prev" in
${values}
  esac
  case "$at" in
${follow.join('\n')}
  esac
  if [[ $cur == -* ]]; then _describe -o option options; else _describe command verbs; fi
}
if [[ "\${funcstack[1]}" == _latchkey ]]; then _latchkey "$@"; else compdef _latchkey latchkey; fi
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ path, words, options }) => {
    const start = `complete -c latchkey -n ${inFish(`__latchkey_at ${inFish(path)}`)}`;
    return [
      ...words.map(({ word, meaning }) => `${start} -a ${inFish(word)} -d ${inFish(meaning)}`),
      ...options.map(({ names, meaning, value }) => {
        const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
        const takes = value.kind === 'list' ? ` -x -a ${inFish(value.values.join(' '))}` : fishValues[value.kind];
        return `${start} ${flags.join(' ')}${takes} -d ${inFish(meaning)}`;
      }),
    ];
  });
  const all = commands.filter(({ path }) => path !== '').map(({ path }) => inFish(path));
  return `# Completion of latchkey for fish: ~/.config/fish/completions/latchkey.fish
function __latchkey_at
    set -l at
    for word in (commandline -opc)[2..-1]
        contains -- (string join ' ' -- $at $word) ${all.join(' ')}; and set at $at $word
    end
    test (string join ' ' -- $at) = "$argv[1]"
end
complete -c latchkey -f
${lines.join('\n')}
`;
}

const fishValues = { none: '', file: ' -r -F', free: ' -x' } as const;

interface Answers {
  readonly list: (values: readonly string[]) => string;
  readonly file: string;
  readonly free: string;
}

/** What follows an option that takes a value, a case for each answer. */
function valueCases(commands: readonly CompletedCommand[], answers: Answers): string {
  const cases = new Map<string, string[]>();
  for (const { path, options } of commands) {
    for (const { names, value } of options) {
      if (value.kind === 'none') continue;
      const answer = value.kind === 'list' ? answers.list(value.values) : answers[value.kind];
      const patterns = names.map((name) => quoted(`${path} ${name}`));
      cases.set(answer, [...(cases.get(answer) ?? []), ...patterns]);
    }
  }
  return [...cases].map(([answer, patterns]) => `    ${patterns.join('|')}) ${answer} ;;`).join('\n');
}

function paths(commands: readonly CompletedCommand[]): string {
  const named = commands.filter(({ path }) => path !== '');
  return named.map(({ path }) => quoted(path)).join('|');
}

/** One word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** One word of fish, which knows `\\'` and `\\\\` in single quotes. */
function inFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
