/** What a write answers: the rows as they are now, or only that it was done, as the client prefers (RFC 7240 §4.2). @module */
import type { DatasetView, Written } from '../../data/index.js';
import { type Answer, jsonText, noContent } from '../kit/answer.js';
import { returnPreference } from '../kit/prefer.js';
import type { GuardedCall } from '../kit/route.js';
import { rowTag } from './data-etag.js';
import { jsonRow } from './data-forms.js';
import { writeKey } from './data-key.js';

/** Rows of a rehearsal that are shown. */
const sampleRows = 10;

/** Nothing was kept: how much it would have been, and some of it. */
export function presentRehearsal({ affected, output, rows }: Written): Answer {
  const sample = rows.slice(0, sampleRows).map(jsonRow(output)).join(',');
  return jsonText(200, `{"dryRun":true,"affected":${affected},"sample":[${sample}]}`);
}

/** Several rows: how many; and all of them when that is preferred. */
export function presentMany({ wants }: GuardedCall, status: 200 | 201, { affected, output, rows }: Written): Answer {
  const preferred = returnPreference(wants.prefer);
  const data = preferred === 'representation' ? `,"data":[${rows.map(jsonRow(output)).join(',')}]` : '';
  return withHeaders(jsonText(status, `{"affected":${affected}${data}}`), appliedOf(preferred));
}

/**
 * One row: itself, or nothing when that is preferred; after it was removed the other way round.
 *
 * @param status  204: it was removed.
 */
export function presentRow(
  { wants, params }: GuardedCall,
  status: 200 | 201 | 204,
  { output, rows }: Written,
  view: DatasetView,
): Answer {
  const preferred = returnPreference(wants.prefer);
  const wanted = preferred ?? (status === 204 ? 'minimal' : 'representation');
  const [row] = rows;
  const key = row === undefined || status !== 201 ? null : writeKey(view, output, row);
  const headers = {
    ...(key === null ? {} : { location: `/data/v1/${params['source'] ?? ''}/${params['object'] ?? ''}/${key}` }),
    ...(row === undefined || status === 204 ? {} : { etag: rowTag(output, row) }),
  };
  if (wanted === 'representation' && row !== undefined) {
    const answer = jsonText(status === 204 ? 200 : status, jsonRow(output)(row));
    return withHeaders(answer, { ...headers, ...appliedOf(preferred) });
  }
  const applied = preferred === 'minimal' ? appliedOf(preferred) : {};
  const answer: Answer = status === 201 ? { status, contentType: null, body: '' } : noContent();
  return withHeaders(answer, { ...headers, ...applied });
}

function appliedOf(preferred: string | null): Record<string, string> {
  return preferred === null ? {} : { 'preference-applied': `return=${preferred}` };
}

function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
