/**
 * Statements that are compiled once and run with other values each time: building the text of one costs more than
 * running it.
 *
 * @module
 */
import type { CompiledQuery } from 'kysely';

class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * @param compile  Makes the statement; it may pass the values on and not look at them.
 * @returns the statement with the values given.
 */
export function statement<Values extends object, Row = unknown>(
  compile: (values: Values) => CompiledQuery<Row>,
): (values: Values) => CompiledQuery<Row> {
  let compiled: CompiledQuery<Row> | undefined;
  return (values) => {
    compiled ??= compile(slots<Values>());
    const { sql, query, queryId, parameters } = compiled;
    const given = values as Readonly<Record<string, unknown>>;
    return { sql, query, queryId, parameters: parameters.map((one) => (one instanceof Slot ? given[one.name] : one)) };
  };
}

function slots<Values extends object>(): Values {
  return new Proxy({}, { get: (_, name) => new Slot(String(name)) }) as Values;
}
