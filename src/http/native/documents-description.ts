/** The document, its pages and the console in words: also this is in the document. @module */
import Type from 'typebox';
import type { Description } from '../kit/description.js';

const text = Type.String();
const tag = 'Documents';
const page = { 'text/html': { schema: text } };

export const documentsDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/openapi.json', id: 'getOpenApi', tag, summary: 'Get this document' },
    text: 'OpenAPI 3.1, of this release. Open to anyone: it says what there is, not who may.',
    headers: { 'If-None-Match': { schema: text, text: 'The `ETag` of an earlier answer.' } },
    answers: {
      200: {
        text: 'The document.',
        headers: { ETag: { schema: text, text: 'Another one with another release.' } },
        content: {
          'application/json': {
            schema: Type.Record(text, Type.Unknown(), { description: 'OpenAPI 3.1.' }),
          },
        },
      },
      304: { text: 'It is as it was.' },
    },
  },
  {
    ...{ method: 'GET', path: '/docs', id: 'showReference', tag, summary: 'Read the API reference' },
    answers: { 200: { text: 'A page for a browser, with a form to try every route.', content: page } },
    refusals: ['http.reference_not_built'],
  },
  {
    ...{ method: 'GET', path: '/docs/:file', id: 'getReferenceFile', tag, summary: 'Get a part of the reference page' },
    params: { file: { schema: text, text: 'As the page names it.', isRequired: true, example: 'api-reference.js' } },
    answers: { 200: { text: 'The part.', content: { 'text/javascript': { schema: text } } } },
    refusals: ['http.not_found'],
  },
  {
    ...{ method: 'GET', path: '/console', id: 'enterConsole', tag: 'Console', summary: 'Go to the console' },
    answers: { 308: { text: 'It is at `/console/`.' } },
  },
  {
    ...{ method: 'GET', path: '/console/*', id: 'showConsole', tag: 'Console', summary: 'Open the console' },
    params: { '*': { schema: text, text: 'A page or a file of the console.', isRequired: true, example: 'sources' } },
    answers: { 200: { text: 'The console, whatever page of it is named.', content: page } },
    refusals: ['http.not_found', 'http.console_not_built'],
  },
];
