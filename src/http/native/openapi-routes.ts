/** `/openapi.json` and `/docs`: what is served here, for programs and for people. Open to anyone; nothing in it is secret. @module */
import { httpErrors } from '../errors.js';
import { type Answer, html, notModified } from '../kit/answer.js';
import { isUnchanged } from '../kit/conditional.js';
import { takesCoding } from '../kit/negotiate.js';
import type { Call, Route } from '../kit/route.js';
import { createStaticFiles } from '../kit/static-files.js';
import { referencePage, referencePolicy } from './reference-page.js';

/** The same folder from `src/` and from `dist/`. */
const files = createStaticFiles({
  folder: new URL('../../../dist/reference/', import.meta.url),
  immutable: /^api-reference-[0-9a-f]{16}\.js$/,
});

export const openapiRoutes: readonly Route[] = [
  { method: 'GET', path: '/openapi.json', body: 'none', answersHead: true, accepts: 'anyone', handle: showDocument },
  { method: 'GET', path: '/docs', body: 'none', answersHead: true, accepts: 'anyone', handle: showReference },
  { method: 'GET', path: '/docs/:file', body: 'none', answersHead: true, accepts: 'anyone', handle: showFile },
];

/** It is of this release, so whoever keeps it asks whether it still is. */
async function showDocument({ apiDocument, wants }: Call): Promise<Answer> {
  const { text, gzip, tag } = await apiDocument();
  const isCoded = takesCoding(wants.acceptEncoding, 'gzip');
  // Other bytes are another representation (RFC 9110 §8.8.3.3).
  const etag = isCoded ? `"${tag}-gzip"` : `"${tag}"`;
  const headers = { 'cache-control': 'no-cache', etag, vary: 'Accept-Encoding' };
  if (isUnchanged(wants.ifNoneMatch, etag)) return notModified(headers);
  const contentType = 'application/json; charset=utf-8';
  if (!isCoded) return { status: 200, contentType, body: text, headers };
  return { status: 200, contentType, body: gzip, headers: { ...headers, 'content-encoding': 'gzip' } };
}

async function showReference(): Promise<Answer> {
  const script = (await files.names()).find((name) => name.startsWith('api-reference-'));
  if (script === undefined) throw httpErrors.reference_not_built();
  return html(200, referencePage(`/docs/${script}`), { 'content-security-policy': referencePolicy });
}

async function showFile({ params, wants }: Call): Promise<Answer> {
  const answer = await files.answer(params['file'] ?? '', wants);
  if (answer === null) throw httpErrors.not_found();
  return answer;
}
