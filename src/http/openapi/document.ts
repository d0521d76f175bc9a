/**
 * The OpenAPI document, made of the registry of routes and of their descriptions. Pure: the same input gives the same
 * document, byte for byte.
 *
 * @module
 */
import type { DescribedContent, DescribedParameter, Description } from '../kit/description.js';
import type { DeclaredRoute } from '../kit/route.js';
import type { Json, JsonMembers } from './json.js';
import { recordedAnswers } from './recorded-answers.js';
import { type FamilyRefusals, presentRefusals, type Refuse } from './refusals.js';
import { Components } from './schemas.js';
import { SecuritySchemes } from './security.js';
import { SharedResponses } from './shared-responses.js';
import { groups, introduction, tagTexts } from './words.js';

export interface DocumentParts {
  readonly routes: readonly DeclaredRoute[];
  readonly descriptions: readonly Description[];
  readonly version: string;
  /** How each family errs, by its name. */
  readonly refusals: Readonly<Record<string, FamilyRefusals>>;
  readonly refuse: Refuse;
}

/**
 * Routes without a description are left out, descriptions without a route too; that there are none is a test.
 *
 * @returns an OpenAPI 3.1 document.
 * @throws TypeError when two schemas share a name, or a refusal names a code that does not exist.
 */
export function openApiDocument({ routes, descriptions, version, refusals, refuse }: DocumentParts): JsonMembers {
  const components = new Components(
    Object.fromEntries(Object.values(refusals).map(({ family, schema }) => [refusalName(family.name), schema])),
  );
  const security = new SecuritySchemes();
  const described = new Map(descriptions.map((one) => [routeName(one), one]));
  const paths = new Map<string, Map<string, JsonMembers>>();
  const tags = new Set<string>();
  const responses = new SharedResponses();

  for (const route of routes) {
    const description = described.get(routeName(route));
    const family = refusals[route.family];
    if (description === undefined || family === undefined) continue;
    tags.add(description.tag);
    const refused = presentRefusals(family, route, description, refuse, (schema) => components.use(schema));
    const path = templateOf(route.path);
    const operations = paths.get(path) ?? new Map<string, JsonMembers>();
    operations.set(route.method.toLowerCase(), {
      tags: [description.tag],
      operationId: description.id,
      summary: description.summary,
      description: description.text ?? `${description.summary}.`,
      security: security.requirementsOf(route, description),
      parameters: parametersOf(route, description, components),
      ...(description.body === undefined
        ? {}
        : {
            requestBody: {
              required: description.isBodyOptional !== true,
              content: contentOf(description.body, components),
            },
          }),
      responses: responsesOf(route, description, refused, components, responses),
    });
    paths.set(path, operations);
  }

  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Latchkey',
      version,
      summary: 'One door to your databases.',
      description: introduction,
      contact: { name: 'Whoever runs this installation' },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The installation this document comes from.' }],
    tags: orderedTags(tags),
    'x-tagGroups': groups
      .map(({ name, tags: members }) => ({ name, tags: members.filter((tag) => tags.has(tag)) }))
      .filter((group) => group.tags.length > 0),
    paths: Object.fromEntries([...paths].map(([path, operations]) => [path, Object.fromEntries(operations)])),
    components: { schemas: components.all(), securitySchemes: security.all() },
  };
  return responses.extract(document);
}

/** `AtlanRefusal`. */
function refusalName(family: string): string {
  return `${family.charAt(0).toUpperCase()}${family.slice(1)}Refusal`;
}

/** `GET /admin/v1/roles`. */
export function routeName({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method} ${path}`;
}

/** `/roles/:role` → `/roles/{role}`; what a `*` stands for is called `path`. */
export function templateOf(path: string): string {
  return path.replaceAll(/:([A-Za-z]\w*)/g, '{$1}').replace(/\*$/, '{path}');
}

function orderedTags(used: ReadonlySet<string>): Json {
  const known = groups.flatMap((group) => group.tags).filter((tag) => used.has(tag));
  const others = [...used].filter((tag) => !known.includes(tag)).sort();
  return [...known, ...others].map((name) => {
    const text = tagTexts[name];
    return text === undefined ? { name } : { name, description: text };
  });
}

function parametersOf(
  { path }: DeclaredRoute,
  { params = {}, query = {}, headers = {} }: Description,
  components: Components,
): Json {
  const named = [...templateOf(path).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inPath = named.map((name): [string, DescribedParameter] => {
    const described = params[name] ?? (name === 'path' ? params['*'] : undefined);
    return [name, described ?? { schema: { type: 'string' }, text: `The ${name}.` }];
  });
  return [
    ...inPath.map(([name, one]) => ({ ...parameter('path', name, one, components), required: true })),
    ...Object.entries(query).map(([name, one]) => parameter('query', name, one, components)),
    ...Object.entries(headers).map(([name, one]) => parameter('header', name, one, components)),
  ];
}

function parameter(place: string, name: string, one: DescribedParameter, components: Components): JsonMembers {
  return {
    name,
    in: place,
    description: one.text,
    ...(one.isRequired === true ? { required: true } : {}),
    schema: components.use(one.schema),
    ...(one.example === undefined ? {} : { example: one.example as Json }),
  };
}

/** What an answer looked like once, where nobody wrote an example of it. */
function withRecorded(
  content: Readonly<Record<string, DescribedContent>>,
  recorded: Json | undefined,
): Readonly<Record<string, DescribedContent>> {
  const described = content['application/json'];
  if (recorded === undefined || described === undefined || described.examples !== undefined) return content;
  return { ...content, 'application/json': { ...described, examples: { answer: recorded } } };
}

function contentOf(content: Readonly<Record<string, DescribedContent>>, components: Components): JsonMembers {
  return Object.fromEntries(
    Object.entries(content).map(([mediaType, { schema, examples }]) => [
      mediaType,
      {
        schema: components.use(schema),
        ...(examples === undefined
          ? {}
          : {
              examples: Object.fromEntries(
                Object.entries(examples).map(([name, value]) => [name, { value: value as Json }]),
              ),
            }),
      },
    ]),
  );
}

/** What a route says itself of a status stands; the rest is the family's. */
function responsesOf(
  { family }: DeclaredRoute,
  { id, answers }: Description,
  refused: ReadonlyMap<number, JsonMembers>,
  components: Components,
  shared: SharedResponses,
): JsonMembers {
  const own = Object.entries(answers).map(([status, { text, content, headers }]): [number, JsonMembers] => [
    Number(status),
    {
      description: text,
      ...(headers === undefined
        ? {}
        : {
            headers: Object.fromEntries(
              Object.entries(headers).map(([name, one]) => [
                name,
                { description: one.text, schema: components.use(one.schema) },
              ]),
            ),
          }),
      ...(content === undefined
        ? {}
        : { content: contentOf(withRecorded(content, recordedAnswers[`${id} ${status}`]), components) }),
    },
  ]);
  const all = new Map([...refused, ...own]);
  const inOrder = [...all].sort(([one], [other]) => one - other);
  for (const [status, response] of refused) if (!(status in answers)) shared.note(family, status, response);
  return Object.fromEntries(inOrder.map(([status, response]) => [String(status), response]));
}
