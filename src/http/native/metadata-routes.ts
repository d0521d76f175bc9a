/**
 * `/admin/v1/sources/:source/metadata` and `/diff`: what a database holds, and what of it has changed. Both are made
 * while they are sent, as one JSON document or as one object a line; nothing is collected here.
 *
 * @module
 */
import type { CatalogItem, CatalogSchema, MetadataAnswer } from '../../sources/index.js';
import { type Answer, notModified, type StreamedAnswer } from '../kit/answer.js';
import { isUnchanged } from '../kit/conditional.js';
import { onlyParameters } from '../kit/members.js';
import { asksFor } from '../kit/negotiate.js';
import type { GuardedCall, Route } from '../kit/route.js';
import { accepts, slots } from './credentials.js';
import { decodeMetadataQuery, encodeCursor, type MetadataQuestion, placeOf } from './metadata-query.js';
import { presentUnreachable } from './present-source.js';
import { referenceOf } from './source-routes.js';

const one = '/admin/v1/sources/:source';

export const metadataRoutes: readonly Route[] = [
  { method: 'GET', path: `${one}/metadata`, body: 'none', accepts, slots, handle: showMetadata },
  { method: 'GET', path: `${one}/diff`, body: 'none', accepts, slots, handle: showDiff },
];

type Reading = Extract<MetadataAnswer, { outcome: 'read' }>;

const json = 'application/json';
const lines = 'application/x-ndjson';
/** What is sent depends on it. */
const vary = { vary: 'Accept' } as const;

/** Schemas whose tag is told on a page; each costs the server a query. */
const maxTags = 100;
/** Faults of one page that are told; the rest is counted. */
const maxFaults = 1_000;

async function showMetadata(call: GuardedCall): Promise<Answer | StreamedAnswer> {
  const { core, principal, origin, query, params, signal, wants } = call;
  await core.identity.assertAllowed(principal, 'sources.inspect', origin);
  const isStreamed = asksFor(wants.accept, lines, json);
  const question = decodeMetadataQuery(query, isStreamed);
  // One more than the page holds, to know whether there is another.
  const request = isStreamed ? question.request : { ...question.request, limit: question.limit + 1 };
  const subject = { source: referenceOf(params) };
  const answer = await core.sources.metadata({ principal, origin, subject, signal, request });
  if (answer.outcome === 'failed') return presentUnreachable(answer.told, origin.requestId);
  try {
    const etag = question.onlySchema === null ? null : await answer.etag(question.onlySchema);
    const headers = etag === null ? vary : { ...vary, etag };
    if (etag !== null && isUnchanged(wants.ifNoneMatch, etag)) {
      await answer.close();
      return notModified(headers);
    }
    const contentType = `${isStreamed ? lines : json}; charset=utf-8`;
    return { status: 200, contentType, headers, pieces: isStreamed ? linesOf(answer) : pageOf(answer, question) };
  } catch (error) {
    await answer.close();
    throw error;
  }
}

/** Everything, one object a line. Whoever has the line `end` has all of it. */
async function* linesOf(answer: Reading): AsyncGenerator<string> {
  try {
    yield line({ kind: 'source', source: answer.server });
    for (const schema of answer.schemas) yield line({ kind: 'schema', schema });
    let objects = 0;
    let faults = 0;
    for await (const item of answer.items()) {
      if (item.section === 'fault') faults += 1;
      else objects += 1;
      yield line(presentItem(item));
    }
    yield line({ kind: 'end', objects, faults });
  } finally {
    await answer.close();
  }
}

/** One page, as one document. Schemas are told on the first page. */
async function* pageOf(answer: Reading, { request, limit }: MetadataQuestion): AsyncGenerator<string> {
  try {
    yield `{"source":${JSON.stringify(answer.server)},"schemas":[`;
    if (request.after === null) yield* presentSchemas(answer);
    yield '],"items":[';
    const faults: object[] = [];
    let faultsLeftOut = 0;
    let objects = 0;
    let last: CatalogItem | null = null;
    let nextCursor: string | null = null;
    for await (const item of answer.items()) {
      if (item.section === 'fault') {
        if (faults.length < maxFaults) faults.push(item.fault);
        else faultsLeftOut += 1;
      } else if (objects === limit) {
        const place = last === null ? null : placeOf(last);
        nextCursor = place === null ? null : encodeCursor(place);
        break;
      } else {
        yield `${objects === 0 ? '' : ','}${JSON.stringify(presentItem(item))}`;
        objects += 1;
        last = item;
      }
    }
    yield `],"faults":${JSON.stringify(faults)},"faultsLeftOut":${faultsLeftOut},"nextCursor":${JSON.stringify(nextCursor)}}`;
  } finally {
    await answer.close();
  }
}

async function* presentSchemas(answer: Reading): AsyncGenerator<string> {
  for (const [at, schema] of answer.schemas.entries()) {
    const etag = at < maxTags ? await answer.etag(schema.name) : null;
    const shown: CatalogSchema & { etag: string | null } = { ...schema, etag };
    yield `${at === 0 ? '' : ','}${JSON.stringify(shown)}`;
  }
}

function presentItem(item: CatalogItem): object {
  const { section, ...object } = item;
  return { kind: section, ...object };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

async function showDiff(call: GuardedCall): Promise<StreamedAnswer> {
  const { core, principal, origin, query, params, signal, wants } = call;
  await core.identity.assertAllowed(principal, 'sources.inspect', origin);
  onlyParameters(query, []);
  const isStreamed = asksFor(wants.accept, lines, json);
  const diff = await core.sources.diff({ principal, origin, source: referenceOf(params), signal });
  const contentType = `${isStreamed ? lines : json}; charset=utf-8`;

  async function* changeLines(): AsyncGenerator<string> {
    yield line({ kind: 'snapshot', snapshot: diff.snapshot });
    let changes = 0;
    for await (const change of diff.changes()) {
      changes += 1;
      yield line({ kind: 'change', change });
    }
    yield line({ kind: 'end', changes });
  }

  async function* document(): AsyncGenerator<string> {
    yield `{"snapshot":${JSON.stringify(diff.snapshot)},"changes":[`;
    let isFirst = true;
    for await (const change of diff.changes()) {
      yield `${isFirst ? '' : ','}${JSON.stringify(change)}`;
      isFirst = false;
    }
    yield ']}';
  }

  return { status: 200, contentType, headers: vary, pieces: isStreamed ? changeLines() : document() };
}
