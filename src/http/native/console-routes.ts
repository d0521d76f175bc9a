/**
 * `/console/*`: the web console as it was built beside the server. Every address that is no file is the same page; which
 * page of the console it shows is decided there, with what the person may see.
 *
 * @module
 */
import { httpErrors } from '../errors.js';
import { type Answer, html } from '../kit/answer.js';
import type { Call, Route } from '../kit/route.js';
import { createStaticFiles } from '../kit/static-files.js';

/** The same folder from `src/` and from `dist/`. */
const files = createStaticFiles({
  folder: new URL('../../../dist/console/', import.meta.url),
  immutable: /^assets\//,
});

/** Names of files, there or not. A page may end in what looks like one: `people/jane.doe`. */
const fileName = /^(?:assets\/.*|[^/]*\.[a-z0-9]+)$/;

/** What the build leaves where the nonce of an answer belongs. */
const nonceMark = '__CSP_NONCE__';

export const consoleRoutes: readonly Route[] = [
  { method: 'GET', path: '/console', body: 'none', answersHead: true, accepts: 'anyone', handle: toTheConsole },
  { method: 'GET', path: '/console/*', body: 'none', answersHead: true, accepts: 'anyone', handle: showConsole },
];

async function toTheConsole(): Promise<Answer> {
  return { status: 308, contentType: null, body: '', headers: { location: '/console/' } };
}

async function showConsole({ core, params, wants }: Call): Promise<Answer> {
  const name = params['*'] ?? '';
  // The page itself is answered below, with its policy, under whatever name.
  const isPage = name === '' || name === 'index.html';
  const file = isPage ? null : await files.answer(name, wants);
  if (file !== null) return file;
  if (!isPage && fileName.test(name)) throw httpErrors.not_found();
  const page = await files.read('index.html');
  if (page === null) throw httpErrors.console_not_built();
  const nonce = Buffer.from(core.ids.bytes(16)).toString('base64');
  return html(200, page.toString('utf8').replaceAll(nonceMark, nonce), { 'content-security-policy': policy(nonce) });
}

/**
 * Nothing from elsewhere, nothing inline but what carries this answer's nonce (CSP Level 3 §8). Scripts that the page's
 * own script loads are its parts; styles that the component library makes carry the nonce, too.
 */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
