/** Refusals that several routes have in the same words are told once, as components of the document. @module */
import { STATUS_CODES } from 'node:http';
import type { Json, JsonMembers } from './json.js';
import { isMembers } from './schemas.js';

export class SharedResponses {
  readonly #seen = new Map<string, { readonly family: string; readonly status: number; times: number }>();

  note(family: string, status: number, response: JsonMembers): void {
    const text = JSON.stringify(response);
    const known = this.#seen.get(text);
    if (known === undefined) this.#seen.set(text, { family, status, times: 1 });
    else known.times += 1;
  }

  /** @returns the document with a reference wherever a response stands that was noted more than once. */
  extract(document: JsonMembers): JsonMembers {
    const named = new Map<string, string>();
    const taken = new Set<string>();
    for (const [text, { family, status, times }] of this.#seen) {
      if (times < 2) continue;
      const name = freeName(nameOf(family, status), taken);
      taken.add(name);
      named.set(text, name);
    }
    const paths = mapOperations(document['paths'], (operation) => ({
      ...operation,
      responses: mapMembers(operation['responses'], (response) => {
        const name = named.get(JSON.stringify(response));
        return name === undefined ? response : { $ref: `#/components/responses/${name}` };
      }),
    }));
    const responses = Object.fromEntries([...named].map(([text, name]) => [name, JSON.parse(text) as Json]));
    const components = isMembers(document['components']) ? document['components'] : {};
    return { ...document, paths, components: { ...components, responses } };
  }
}

/** `NativeForbidden`. */
function nameOf(family: string, status: number): string {
  const phrase = (STATUS_CODES[status] ?? `Status ${status}`).replaceAll(/[^A-Za-z0-9]/g, '');
  return `${family.charAt(0).toUpperCase()}${family.slice(1)}${phrase}`;
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}${number}`;
  return free;
}

function mapMembers(value: Json | undefined, change: (member: Json) => Json): Json {
  if (!isMembers(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member)]));
}

function mapOperations(paths: Json | undefined, change: (operation: JsonMembers) => JsonMembers): Json {
  return mapMembers(paths, (path) =>
    mapMembers(path, (operation) => (isMembers(operation) ? change(operation) : operation)),
  );
}
