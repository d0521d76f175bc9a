/**
 * Every documented example of every route, sent to the shipped program over its sample data and a real PostgreSQL: the
 * status is one that is documented for it, and the answer is what its schema says and nothing besides. The table is the
 * document itself: a route is covered by describing it.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderOpenApi } from '../../src/http/openapi/index.js';
import { administrator, createPresenter, type Presenter } from '../openapi/credentials.js';
import { type Answered, type Document, type Listed, type Media, operationsOf } from '../openapi/operations.js';
import { type Ask, before, expected, makerOf } from '../openapi/things.js';
import { describeWith, shared } from '../servers/index.js';
import { createInstallation, type RunningProgram } from './support/program.js';

const document = renderOpenApi('0.0.0') as unknown as Document;
const operations = operationsOf(document);

/** One request: an example of an operation, asked for in one of the forms it is answered in. */
interface Case {
  readonly name: string;
  readonly listed: Listed;
  readonly example: string | null;
  readonly bodyType: string | null;
  readonly body: unknown;
  readonly accept: string | null;
}

const cases = operations.flatMap((listed): Case[] => {
  const { operation, id } = listed;
  const content = Object.entries(operation.requestBody?.content ?? {});
  const bodies = content.flatMap(([bodyType, { examples = {} }]) =>
    Object.entries(examples).map(([example, { value }]) => ({ example, bodyType, body: value })),
  );
  const none = { example: null, bodyType: null, body: undefined };
  const requests = operation.requestBody?.required === true ? bodies : [none, ...bodies];
  const forms = Object.keys(operation.responses['200']?.content ?? {});
  const accepts = forms.length > 1 && !forms.includes('text/html') ? forms : [null];
  return requests.flatMap((request) =>
    accepts.map((accept) => {
      const words = [id, request.example, accept].filter((word) => word !== null);
      return { name: words.join(' '), listed, ...request, accept };
    }),
  );
});

describeWith(['postgres'], 'every documented example', () => {
  const installation = createInstallation();
  const validate = compileSchemas();
  let server: RunningProgram;
  let presenter: Presenter;

  beforeAll(async () => {
    const { username, password } = administrator;
    await installation.run(['admin', 'create', username, '--password-stdin'], { stdin: password });
    server = await installation.start({ command: 'demo' });
    presenter = createPresenter(server.http);
    await ask('POST', '/admin/v1/organisations', { uid: 'acme', name: 'Acme' });
  }, 60_000);

  /** Answers of our own API by operation and status, for the document; see `src/http/openapi/recorded-answers.ts`. */
  const recorded = new Map<string, unknown>();

  afterAll(async () => {
    const file = process.env['OPENAPI_RECORD'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(Object.fromEntries(recorded)));
    await server?.stop();
    installation.remove();
  });

  /** As the administrator, for what an example needs to be there. */
  const ask: Ask = async (method, path, body) => {
    const listed = operations.find((one) => one.method === method && one.path === path.replace(/\?.*/, ''));
    const headers = await presenter.present(listed?.security ?? [{ ApiKey: [] }], 'administrator');
    const response = await fetch(`${server.http}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return isJson ? (JSON.parse(text) as Record<string, unknown>) : { text };
  };

  test.each(cases)('$name', async (one) => {
    const { listed, body, bodyType, accept } = one;
    await before[listed.id]?.(ask);
    const who = /^\/(?:data\/v1|verify|user|authheader|test)\b/.test(listed.route) ? 'member' : 'administrator';
    const response = await fetch(`${server.http}${await targetOf(listed, ask)}`, {
      method: listed.method,
      redirect: 'manual',
      headers: {
        ...(await presenter.present(listed.security, who)),
        ...(bodyType === null ? {} : { 'content-type': bodyType }),
        ...(accept === null ? {} : { accept }),
      },
      ...(bodyType === null ? {} : { body: encode(bodyType, atRealDatabase(listed, body)) }),
    });
    const text = await response.text();
    expect(statusesOf(one), text).toContain(response.status);
    const contentType = response.headers.get('content-type')?.split(';')[0] ?? null;
    if (accept !== null && response.ok) expect(contentType).toBe(accept);
    expect(validate(listed, response.status, contentType, text)).toEqual([]);
    const place = `${listed.id} ${response.status}`;
    if (response.ok && contentType === 'application/json' && !recorded.has(place))
      recorded.set(place, JSON.parse(text));
  });

  const guarded = operations.filter(({ security }) => security.length > 0 && security.every(isSomebody));
  test.each(guarded)('$id is refused as documented to whoever presents nothing', async (listed) => {
    const response = await fetch(`${server.http}${await targetOf(listed, null)}`, {
      method: listed.method,
      headers: { 'content-type': 'application/json' },
      ...(listed.method === 'GET' ? {} : { body: '{}' }),
    });
    const contentType = response.headers.get('content-type')?.split(';')[0] ?? null;
    expect(Object.keys(listed.operation.responses).map(Number)).toContain(response.status);
    expect([401, 403]).toContain(response.status);
    expect(validate(listed, response.status, contentType, await response.text())).toEqual([]);
  });

  /** Connection tests of a published family are about a database that is there. */
  function atRealDatabase({ operation }: Listed, body: unknown): unknown {
    if (!operation.tags.includes('Atlan')) return body;
    const { host, port, superuser, password } = shared('postgres');
    const account = { username: superuser, password, database: 'postgres' };
    const tls = { ssl_mode: 'disable', 'extra.ssl_mode': 'disable' };
    const place: Readonly<Record<string, unknown>> = { host, port, ...account, ...tls };
    const placed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(placed);
      if (typeof value !== 'object' || value === null) return value;
      if ('key' in value && 'value' in value && typeof value.key === 'string' && value.key in place) {
        return { ...value, value: place[value.key] };
      }
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, name in place ? place[name] : placed(inner)]),
      );
    };
    return placed(body);
  }
});

function isSomebody(way: object): boolean {
  return Object.keys(way).length > 0;
}

/** The path with its parts filled in, and the parameters that have an example. */
async function targetOf({ path, route, method, operation }: Listed, ask: Ask | null): Promise<string> {
  let target = path;
  for (const { name, example } of operation.parameters.filter((one) => one.in === 'path')) {
    const made = ask === null ? null : await makerOf(route, method, name)?.(ask);
    target = target.replace(`{${name}}`, String(made ?? example));
  }
  // The csrf value comes with the credential.
  const sent = operation.parameters.filter(
    ({ name, in: place, example }) => place === 'query' && example !== undefined && name !== 'csrf',
  );
  const query = sent.map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`).join('&');
  return query === '' ? target : `${target}?${query}`;
}

function encode(bodyType: string, body: unknown): string {
  if (bodyType === 'application/x-www-form-urlencoded') {
    return new URLSearchParams(body as Record<string, string>).toString();
  }
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** The status whose answer has an example of the request's name; else those of success. */
function statusesOf({ listed, example }: Case): number[] {
  const own = expected[example === null ? listed.id : `${listed.id} ${example}`];
  if (own !== undefined) return [own];
  const answers = Object.entries(listed.operation.responses);
  const named = answers.filter(
    ([, answer]) =>
      example !== null && Object.values(answer.content ?? {}).some(({ examples = {} }) => example in examples),
  );
  const statuses = (named.length > 0 ? named : answers).map(([status]) => Number(status));
  return named.length > 0 ? statuses : statuses.filter((status) => status < 400);
}

/** @returns what is wrong with an answer, as sentences. */
function compileSchemas() {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'document', components: { schemas: exactly(document.components.schemas) } });
  const compiled = new Map<object, ValidateFunction>();

  function check(schema: object, value: unknown): string[] {
    const checks = compiled.get(schema) ?? ajv.compile(exactly(schema) as object);
    compiled.set(schema, checks);
    if (checks(value)) return [];
    return (checks.errors ?? []).map(({ instancePath, message, params }) => {
      return `${instancePath} ${message} ${JSON.stringify(params)}`;
    });
  }

  return ({ operation }: Listed, status: number, contentType: string | null, text: string): string[] => {
    const answered = resolve(operation.responses[String(status)]);
    if (answered === undefined) return [`${status} is not documented`];
    if (contentType === null) return text === '' ? [] : ['content without a type'];
    const media: Media | undefined = answered.content?.[contentType];
    if (media === undefined) return [`${contentType} is not documented for ${status}`];
    if (contentType === 'application/x-ndjson') {
      return text.split('\n').flatMap((line) => (line === '' ? [] : check(media.schema, JSON.parse(line))));
    }
    return check(media.schema, /json$/.test(contentType) ? JSON.parse(text) : text);
  };
}

function resolve(answered: Answered | undefined): Answered | undefined {
  const name = answered?.$ref?.split('/').at(-1);
  return name === undefined ? answered : document.components.responses[name];
}

/** A member that no schema names is a fault: the document must say everything that comes back. */
function exactly(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(exactly);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === '$ref' && typeof value === 'string' ? `document${value}` : exactly(value),
    ]),
  );
  const isOpen = 'properties' in inner && 'type' in inner && !('additionalProperties' in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}
