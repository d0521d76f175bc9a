/**
 * `POST /v1/api`: several queries and posts in one request. Everything is looked up and planned before anything is
 * done; then the posts are done, all of them or none, and then the queries.
 *
 * @module
 */
import {
  type Actor,
  type Data,
  type DatasetView,
  dataErrors,
  type JsonOrder,
  type WriteOrder,
} from '../../../data/index.js';
import { type Answer, jsonText, type StreamedAnswer } from '../../kit/answer.js';
import type { GuardedCall } from '../../kit/route.js';
import { type Attributes, attributesOf } from './attributes.js';
import { type AliasedRequest, decodeApiRequest } from './decode.js';
import { decodePost } from './decode-post.js';
import { type DecodedQuery, decodeQuery } from './decode-query.js';
import { keptBefore, withAttributes } from './errors.js';
import { AliasesText, type Member, queryForm } from './present-data.js';
import { requestLimits } from './schemas.js';

/** An answer up to here is whole before its first byte leaves; a longer one is sent while it is read. */
const heldCharacters = 4 * 1_048_576;

export async function api(call: GuardedCall): Promise<Answer | StreamedAnswer> {
  const { core, principal, body, origin } = call;
  await core.identity.assertAllowed(principal, 'data.use', origin);
  const requests = decodeApiRequest(body);
  const actor: Actor = { principal, origin };
  const sources = await lookUp(requests, core.data, actor);
  const plans = requests.map((request) => planOf(request, sourceOf(sources, request), call));

  const statements = plans.flatMap((plan) => (plan.kind === 'post' ? plan.statements : []));
  const written = statements.length === 0 ? [] : await write(statements, sources, call, actor);

  let at = 0;
  const members = plans.map((plan): Member => {
    const { alias, nameOf } = plan;
    if (plan.kind === 'post') {
      const own = written.slice(at, at + plan.statements.length);
      at += plan.statements.length;
      return { alias, written: own, nameOf };
    }
    const { select, dataSource, form } = plan;
    const dataset = { by: 'name', name: dataSource } as const;
    const order = { dataset, query: select, maxRows: requestLimits.limit, signal: call.signal, form };
    const open = () =>
      core.data.readJson(actor, order).catch((error: unknown) => {
        throw withAttributes(error, nameOf);
      });
    return { alias, open };
  });
  try {
    return await answerOf(new AliasesText(members));
  } catch (error) {
    throw written.length === 0 ? error : keptBefore(error);
  }
}

interface FoundSource {
  readonly view: DatasetView;
  readonly attributes: Attributes;
}

/** Data sources by the names they were asked for by. @throws `data.dataset_denied` */
async function lookUp(
  requests: readonly AliasedRequest[],
  data: Data,
  actor: Actor,
): Promise<ReadonlyMap<string, FoundSource>> {
  const found = new Map<string, FoundSource>();
  for (const { dataSource } of requests) {
    if (found.has(dataSource)) continue;
    const view = await data.view(actor, { by: 'name', name: dataSource });
    found.set(dataSource, { view, attributes: attributesOf(view) });
  }
  return found;
}

function sourceOf(sources: ReadonlyMap<string, FoundSource>, { dataSource }: AliasedRequest): FoundSource {
  const found = sources.get(dataSource);
  if (found === undefined) throw new TypeError('every data source was looked up');
  return found;
}

type Plan = { readonly alias: string; readonly nameOf: (output: string) => string } & (
  | ({ readonly kind: 'query'; readonly dataSource: string } & DecodedQuery & Pick<JsonOrder, 'form'>)
  | { readonly kind: 'post'; readonly statements: WriteOrder['statements'] }
);

function planOf(request: AliasedRequest, { view, attributes }: FoundSource, { core, principal }: GuardedCall): Plan {
  const { alias, dataSource } = request;
  if (request.kind === 'query') {
    if (!view.operations.includes('query')) throw dataErrors.dataset_denied();
    const { select, nameOf } = decodeQuery(request.query, view, attributes);
    return { alias, kind: 'query', dataSource, select, nameOf, form: queryForm(nameOf) };
  }
  const posting = { view, attributes, userName: principal.username, nowMs: core.clock.nowMs() };
  return { alias, kind: 'post', statements: decodePost(request.rows, posting), nameOf: attributeNames(attributes) };
}

function attributeNames(attributes: Attributes): (column: string) => string {
  return (column) => attributes.ofColumn(column)?.name ?? column;
}

/** Which of several data sources a refusal is about is not told: the column's name decides, the first that has it. */
async function write(
  statements: WriteOrder['statements'],
  sources: ReadonlyMap<string, FoundSource>,
  { core, signal }: GuardedCall,
  actor: Actor,
) {
  try {
    return await core.data.write(actor, { statements, isRehearsal: false, signal });
  } catch (error) {
    const all = [...sources.values()];
    throw withAttributes(error, (column) => {
      const known = all.find(({ attributes }) => attributes.ofColumn(column) !== undefined);
      return known?.attributes.ofColumn(column)?.name ?? column;
    });
  }
}

/** What goes wrong while an answer is held is a refusal like any other; after that the connection is cut. */
async function answerOf(text: AliasesText): Promise<Answer | StreamedAnswer> {
  let held = '';
  for (;;) {
    const piece = await text.next();
    if (piece === null) return jsonText(200, held);
    held += piece;
    if (held.length > heldCharacters) break;
  }
  const pieces = async function* () {
    try {
      yield held;
      held = '';
      for (let piece = await text.next(); piece !== null; piece = await text.next()) yield piece;
    } finally {
      await text.close();
    }
  };
  return { status: 200, contentType: 'application/json; charset=utf-8', pieces: pieces() };
}
