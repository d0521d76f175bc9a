/**
 * The grammar of what `SHOW GRANTS` answers, MySQL's and MariaDB's, with names in backticks: so the session must not
 * have `ANSI_QUOTES`. What does not fit is said to be so, never guessed. Digests of passwords that stand there are left
 * where they are.
 *
 * @module
 */

export type GrantLevel =
  | { readonly kind: 'global' }
  /** `pattern` as written, with `_`, `%` and backslashes that mean something. */
  | { readonly kind: 'schema'; readonly pattern: string }
  | { readonly kind: 'table'; readonly schema: string; readonly name: string }
  | { readonly kind: 'routine'; readonly type: string; readonly schema: string; readonly name: string };

/** An account, or a role or `PUBLIC` where there is no host. */
export interface Grantee {
  readonly name: string;
  readonly host: string | null;
  /** As it is written in a statement. */
  readonly text: string;
}

export type Grant =
  | {
      readonly kind: 'privileges';
      /** In capitals; `ALL PRIVILEGES` as it stands. */
      readonly privileges: readonly {
        readonly name: string;
        readonly columns: readonly string[] | null;
      }[];
      readonly level: GrantLevel;
      readonly to: Grantee;
      readonly hasGrantOption: boolean;
    }
  | { readonly kind: 'role'; readonly role: Grantee; readonly to: Grantee; readonly hasAdminOption: boolean }
  | { readonly kind: 'proxy'; readonly on: Grantee; readonly to: Grantee }
  /** Which role is taken at login: gives nothing by itself. */
  | { readonly kind: 'default_role' };

/** @returns `null` for what is not in the grammar. */
export function parseGrant(line: string): Grant | null {
  if (line.length > maxLineLength) return null;
  try {
    return new GrantReader(line).read();
  } catch (fault) {
    if (fault instanceof NotInGrammar) return null;
    throw fault;
  }
}

/** A column grant on a wide table can be long; `max_allowed_packet` alone would allow more. */
const maxLineLength = 1_048_576;

class NotInGrammar extends Error {}

type Token = { readonly kind: 'word' | 'mark' | 'name' | 'text'; readonly value: string };

const tokenForm =
  /\s*(?:`((?:[^`]|``)*)`|'((?:[^'\\]|\\.|'')*)'|([A-Za-z_][A-Za-z0-9_]*)|(\d+(?:\.\d+)?)|([.,()*@]))/uy;

function tokenize(line: string): readonly Token[] {
  const tokens: Token[] = [];
  const form = new RegExp(tokenForm);
  const end = line.trimEnd().length;
  while (form.lastIndex < end) {
    const found = form.exec(line);
    if (found === null) throw new NotInGrammar();
    const [, name, text, word, number, mark] = found;
    if (name !== undefined) tokens.push({ kind: 'name', value: name.replaceAll('``', '`') });
    else if (text !== undefined) tokens.push({ kind: 'text', value: text });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word.toUpperCase() });
    else tokens.push({ kind: 'mark', value: number ?? mark ?? '' });
  }
  return tokens;
}

class GrantReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(line: string) {
    this.#tokens = tokenize(line);
  }

  read(): Grant {
    if (this.#takes('SET', 'DEFAULT', 'ROLE')) return { kind: 'default_role' };
    this.#must(this.#takes('GRANT'));
    if (this.#takes('PROXY', 'ON')) {
      const on = this.#grantee();
      this.#must(this.#takes('TO'));
      return { kind: 'proxy', on, to: this.#grantee() };
    }
    if (this.#peek().kind === 'name') return this.#role();
    const privileges = this.#privileges();
    this.#must(this.#takes('ON'));
    const level = this.#level();
    this.#must(this.#takes('TO'));
    const to = this.#grantee();
    return { kind: 'privileges', privileges, level, to, hasGrantOption: this.#restHas('GRANT', 'OPTION') };
  }

  #role(): Grant {
    const role = this.#grantee();
    this.#must(this.#takes('TO'));
    return { kind: 'role', role, to: this.#grantee(), hasAdminOption: this.#restHas('ADMIN', 'OPTION') };
  }

  #privileges() {
    const privileges: { name: string; columns: readonly string[] | null }[] = [];
    do {
      const words: string[] = [];
      while (this.#peek().kind === 'word' && this.#peek().value !== 'ON') words.push(this.#next().value);
      this.#must(words.length > 0);
      privileges.push({ name: words.join(' '), columns: this.#isMark('(') ? this.#columns() : null });
    } while (this.#takeMark(','));
    return privileges;
  }

  #columns(): readonly string[] {
    const columns: string[] = [];
    this.#must(this.#takeMark('('));
    do columns.push(this.#name());
    while (this.#takeMark(','));
    this.#must(this.#takeMark(')'));
    return columns;
  }

  #level(): GrantLevel {
    const type: string[] = [];
    while (this.#peek().kind === 'word') type.push(this.#next().value);
    if (this.#takeMark('*')) {
      this.#must(type.length === 0 && this.#takeMark('.') && this.#takeMark('*'));
      return { kind: 'global' };
    }
    const schema = this.#name();
    this.#must(this.#takeMark('.'));
    if (this.#takeMark('*')) {
      this.#must(type.length === 0);
      return { kind: 'schema', pattern: schema };
    }
    const name = this.#name();
    if (type.length === 0 || type.join() === 'TABLE') return { kind: 'table', schema, name };
    return { kind: 'routine', type: type.join(' '), schema, name };
  }

  #grantee(): Grantee {
    if (this.#takes('PUBLIC')) return { name: 'PUBLIC', host: null, text: 'PUBLIC' };
    const name = this.#name();
    const host = this.#takeMark('@') ? this.#name() : null;
    const quoted = (text: string) => `\`${text.replaceAll('`', '``')}\``;
    return { name, host, text: host === null ? quoted(name) : `${quoted(name)}@${quoted(host)}` };
  }

  /** What follows the grantee is about proof, TLS and limits; of it only the options matter here. */
  #restHas(...words: readonly string[]): boolean {
    for (; this.#at < this.#tokens.length; this.#at += 1) if (this.#takes(...words)) return true;
    return false;
  }

  #name(): string {
    const token = this.#next();
    this.#must(token.kind === 'name');
    return token.value;
  }

  #takes(...words: readonly string[]): boolean {
    const isThere = words.every((word, index) => {
      const token = this.#tokens[this.#at + index];
      return token?.kind === 'word' && token.value === word;
    });
    if (isThere) this.#at += words.length;
    return isThere;
  }

  #isMark(mark: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'mark' && token.value === mark;
  }

  #takeMark(mark: string): boolean {
    const isThere = this.#isMark(mark);
    if (isThere) this.#at += 1;
    return isThere;
  }

  #peek(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new NotInGrammar();
    return token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #must(holds: boolean): void {
    if (!holds) throw new NotInGrammar();
  }
}
