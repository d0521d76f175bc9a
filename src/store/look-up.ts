/**
 * Look-ups that every request makes, compiled once: building the text of a join costs more than running it.
 *
 * @module
 */
import type { CompiledQuery } from 'kysely';
import type { StoreDatabase } from './engine.js';

/**
 * @param compile  Makes the query for a value, which is its only parameter.
 * @returns the rows for any value.
 */
export function lookUp<Row>(
  db: StoreDatabase,
  compile: (value: string) => CompiledQuery<Row>,
): (value: string) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | undefined;
  return async (value) => {
    compiled ??= onlyParameter(compile(''));
    const query: CompiledQuery<Row> = { ...compiled, parameters: [value] };
    const { rows } = await db.executeQuery(query);
    return rows;
  };
}

function onlyParameter<Row>(query: CompiledQuery<Row>): CompiledQuery<Row> {
  if (query.parameters.length !== 1) throw new TypeError('a look-up has exactly one parameter');
  return query;
}
