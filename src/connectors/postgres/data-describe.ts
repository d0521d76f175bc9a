/** The columns of a `SELECT` that is not run: the server parses it, alone and in parentheses, and says what it gives. @module */
import type { Column } from '../../query/index.js';
import { sourcesErrors } from '../../sources/index.js';
import { withoutSemicolon } from '../compile-query.js';
import { ColumnTypes } from './catalog/column-types.js';
import { isServerError, type Session } from './connect.js';
import type { QuestionWire } from './question.js';

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** More columns than a table can have (MaxHeapAttributeNumber) are no dataset. */
const maxColumns = 1_600;

/** @throws what the server says. */
export async function describeQuery(session: Session, text: string): Promise<readonly Column[]> {
  const parsing = new Parsing(withoutSemicolon(text));
  session.converse(parsing);
  const fields = await parsing.fields;
  const names = new Set(fields.map(({ name }) => name));
  if (fields.length === 0 || fields.length > maxColumns || names.size !== fields.length || names.has('')) {
    throw sourcesErrors.query_refused();
  }
  const types = new ColumnTypes();
  const keyOf = ({ dataTypeID, dataTypeModifier }: Field) => `${dataTypeID}:${dataTypeModifier}`;
  await types.learn(session, new Set(fields.map(keyOf)));
  return fields.map((field) => {
    const { nativeType, canonicalType, length } = types.find(keyOf(field));
    const { name } = field;
    return { name, type: canonicalType, nativeType, length, isNullable: true, hasDefault: false, isComputed: true };
  });
}

/**
 * Nothing is executed. What parses alone and in parentheses is one statement that selects; binding it without values
 * shows that it wants none.
 */
class Parsing {
  readonly fields: Promise<readonly Field[]>;
  readonly ended: Promise<unknown>;
  readonly callback = ignore;
  readonly #text: string;
  #found: readonly Field[] = [];
  #resolve: (fields: readonly Field[]) => void = ignore;
  #reject: (fault: unknown) => void = ignore;

  constructor(text: string) {
    this.#text = text;
    this.fields = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.ended = this.fields.catch(ignore);
  }

  submit(wire: QuestionWire): void {
    wire.stream.cork();
    wire.parse({ text: this.#text });
    wire.bind({ portal: '', values: [] });
    wire.parse({ text: `SELECT * FROM (\n${this.#text}\n) AS q` });
    wire.describe({ type: 'S', name: '' });
    wire.bind({ portal: '', values: [] });
    wire.sync();
    wire.stream.uncork();
  }

  handleRowDescription(message: { readonly fields: readonly Field[] }): void {
    this.#found = message.fields;
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#found);
  }

  handleError(fault: unknown): void {
    // The protocol's complaint is about values we did not give (bind_message): the session goes on.
    const wantsValues = isServerError(fault) && fault.code === '08P01';
    this.#reject(wantsValues ? sourcesErrors.query_refused({ cause: fault }) : fault);
  }

  handleDataRow(): void {}

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}
}

function ignore(): void {}
