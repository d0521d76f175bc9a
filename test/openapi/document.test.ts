/** What the document says of itself: every route is in it, everything in it is a route, and it lints clean. @module */
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, test } from 'vitest';
import { declaredRoutes } from '../../src/http/families.js';
import { descriptions } from '../../src/http/openapi/descriptions.js';
import { routeName } from '../../src/http/openapi/document.js';
import { renderOpenApi } from '../../src/http/openapi/index.js';
import { tagTexts } from '../../src/http/openapi/words.js';
import { type Document, operationsOf } from './operations.js';

const routes = declaredRoutes();
const document = renderOpenApi('0.0.0') as unknown as Document;
const operations = operationsOf(document);
const named = (all: readonly { readonly method: string; readonly path: string }[]) => all.map(routeName).sort();

describe('the document', () => {
  test('describes every route that is served, once, and no other', () => {
    expect(named(descriptions)).toEqual(named(routes));
  });

  test('has an operation for each of them, with a name of its own', () => {
    expect(operations).toHaveLength(routes.length);
    expect(new Set(operations.map(({ id }) => id)).size).toBe(routes.length);
    expect(operations.filter(({ id }) => !/^[a-z][A-Za-z0-9]+$/.test(id))).toEqual([]);
  });

  test('says in few words what each is for', () => {
    const long = descriptions.filter(({ summary }) => summary.length > 60 || !/^[A-Z].*[^.]$/.test(summary));
    expect(long.map(({ id }) => id)).toEqual([]);
  });

  test('explains every heading it uses', () => {
    expect([...new Set(descriptions.map(({ tag }) => tag))].filter((tag) => tagTexts[tag] === undefined)).toEqual([]);
  });

  test('asks for a credential exactly where the gate does', () => {
    const open = descriptions.filter(({ signIn }) => signIn !== undefined).map(routeName);
    const guarded = routes.filter(({ accepts }) => accepts !== 'anyone').map(routeName);
    const asking = operations.filter(({ security }) => security.some((way) => Object.keys(way).length > 0));
    expect(asking.map(({ method, route }) => `${method} ${route}`).sort()).toEqual([...guarded, ...open].sort());
  });

  test('has an example of every body', () => {
    const bare = operations.filter(({ operation }) => {
      const content = operation.requestBody?.content ?? {};
      return operation.requestBody?.required === true && !Object.values(content).some((one) => one.examples);
    });
    expect(bare.map(({ id }) => id)).toEqual([]);
  });

  test('describes nothing as just any object', () => {
    const text = JSON.stringify(document.components.schemas);
    expect(text).not.toMatch(/\{"type":"object"\}/);
  });
});

interface Finding {
  readonly code: string | number;
  readonly message: string;
  readonly path: readonly (string | number)[];
}

describe('the linter', () => {
  let findings: readonly Finding[];

  beforeAll(async () => {
    const load = createRequire(import.meta.url);
    const { Spectral } = load('@stoplight/spectral-core') as typeof import('@stoplight/spectral-core');
    const { oas } = load('@stoplight/spectral-rulesets') as typeof import('@stoplight/spectral-rulesets');
    const linter = new Spectral();
    // The two packages' types disagree about each other.
    linter.setRuleset({ extends: [oas as never] });
    findings = await linter.run(document as unknown as Record<string, unknown>);
  });

  test('finds nothing, of whatever severity', () => {
    expect(findings.map(({ code, message, path }) => `${code} at ${path.join('/')}: ${message}`)).toEqual([]);
  });
});
