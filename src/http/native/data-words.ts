/**
 * The small languages of the query parameters of `/data/v1`: lists of columns, orders, aggregates, embedded rows. Names
 * are read as they are written; whether there are such columns is asked later.
 *
 * @module
 */
import { type Aggregate, aggregateFunctions, type Order } from '../../query/index.js';
import { httpErrors } from '../errors.js';
import { parseStrictJsonText } from '../kit/strict-json.js';

/** Names of one list, characters of one name. */
export const wordLimits = { names: 500, characters: 256, aggregates: 50, embeds: 8 } as const;

/** What rows of another dataset are asked for with each row. */
export interface EmbedWord {
  /** The member they come in. */
  readonly as: string;
  /** The other dataset, of the same source, as it would stand in the path. */
  readonly object: string;
  /** A column of the foreign key, where there is more than one between the two. */
  readonly via: string | null;
  /** `null`: every column that may be read. */
  readonly columns: readonly string[] | null;
}

/**
 * `a,b`, or as a JSON array of texts where a name has a comma in it. None twice.
 *
 * @throws `http.field_invalid` details.field: the parameter.
 */
export function readNames(parameter: string, text: string): string[] {
  const names = text.startsWith('[') ? readArray(parameter, text) : text.split(',');
  const isFit = (name: string) => name !== '' && name.length <= wordLimits.characters;
  if (names.length === 0 || names.length > wordLimits.names || !names.every(isFit)) {
    throw invalid(parameter, `Send 1 to ${wordLimits.names} names with commas between, or a JSON array of them.`);
  }
  if (new Set(names).size < names.length) throw invalid(parameter, 'Send each name once.');
  return names;
}

/**
 * `-salary,name`: descending with `-` before the name, ascending without; `+` before a name that begins with either.
 *
 * @throws `http.field_invalid`
 */
export function readOrder(text: string): Order[] {
  const terms = readNames('order', text).map((term): Order => {
    if (term.startsWith('-')) return { by: term.slice(1), direction: 'desc' };
    return { by: term.startsWith('+') ? term.slice(1) : term, direction: 'asc' };
  });
  if (terms.some(({ by }) => by === '')) throw invalid('order', 'Send a name after each sign.');
  if (new Set(terms.map(({ by }) => by)).size < terms.length) throw invalid('order', 'Send each name once.');
  return terms;
}

const aggregateWord = /^([^\s:(),]+):([a-z_]+)\((.*)\)$/s;

/**
 * `salarySum:sum(salary),n:count()`.
 *
 * @throws `http.field_invalid`
 */
export function readAggregates(text: string): Aggregate[] {
  const words = splitOutside(text);
  if (words.length > wordLimits.aggregates) {
    throw invalid('aggregate', `Send at most ${wordLimits.aggregates} aggregates.`);
  }
  return words.map((word) => {
    const [, alias = '', name = '', column = ''] = aggregateWord.exec(word) ?? [];
    const asked = aggregateFunctions.find((one) => one === name);
    const isFit = alias.length <= wordLimits.characters && column.length <= wordLimits.characters;
    if (asked === undefined || !isFit || (column === '' && asked !== 'count')) {
      const fix = `Send alias:function(column) with commas between; functions: ${aggregateFunctions.join(', ')}.`;
      throw invalid('aggregate', fix);
    }
    return { alias, function: asked, column: column === '' ? null : column };
  });
}

const embedWord = /^(?:([^\s:!(),]+):)?([^:!(),]+)(?:!([^:!(),]+))?(?:\((.*)\))?$/s;

/**
 * `department(name,location)`, `boss:employees!manager_id(name)`: a member's name and `:` before the dataset, `!` and a
 * column of the foreign key behind it, and the columns wanted.
 *
 * @throws `http.field_invalid`
 */
export function readEmbeds(text: string): EmbedWord[] {
  const words = splitOutside(text);
  if (words.length > wordLimits.embeds) throw invalid('embed', `Send at most ${wordLimits.embeds} datasets.`);
  const embeds = words.map((word): EmbedWord => {
    const [, as, object = '', via = null, columns] = embedWord.exec(word) ?? [];
    if (object === '' || word.length > wordLimits.characters * wordLimits.names) {
      throw invalid('embed', 'Send dataset(column,column) with commas between.');
    }
    return {
      as: as ?? object,
      object,
      via,
      columns: columns === undefined || columns === '' || columns === '*' ? null : readNames('embed', columns),
    };
  });
  if (new Set(embeds.map(({ as }) => as)).size < embeds.length) {
    throw invalid('embed', 'Give each its own name: name:dataset(column).');
  }
  return embeds;
}

/** At the commas that stand in no parentheses. */
function splitOutside(text: string): string[] {
  const words: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === ',' && depth === 0) {
      words.push(text.slice(start, at));
      start = at + 1;
    }
  }
  words.push(text.slice(start));
  return words;
}

function readArray(parameter: string, text: string): string[] {
  const value = parseJsonParameter(parameter, text);
  if (!Array.isArray(value)) throw invalid(parameter, 'Send a JSON array of texts.');
  return value.map((one: unknown) => {
    if (typeof one !== 'string') throw invalid(parameter, 'Send a JSON array of texts.');
    return one;
  });
}

/** @throws `http.field_invalid` for what is no well-formed JSON. */
export function parseJsonParameter(parameter: string, text: string): unknown {
  try {
    return parseStrictJsonText(text);
  } catch (cause) {
    throw httpErrors.field_invalid({ details: { field: parameter, fix: 'Send well-formed JSON.' }, cause });
  }
}

export function invalid(field: string, fix: string) {
  return httpErrors.field_invalid({ details: { field, fix } });
}
