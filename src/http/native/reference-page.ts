/**
 * The page of the API reference. Its script comes from our own origin and starts by lines of ours that the policy knows
 * by their hashes; everything it would ask of other hosts is switched off, and the policy would not let it.
 *
 * @module
 */
import { createHash } from 'node:crypto';

const configuration = {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  proxyUrl: '',
  externalUrls: { dashboardUrl: '', registryUrl: '', proxyUrl: '', apiBaseUrl: '' },
  // What is typed as a credential is gone with the page.
  persistAuth: false,
  documentDownloadType: 'direct',
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  metaData: { title: 'Latchkey API' },
} as const;

/**
 * The first line is read by the validator inside the script: without it, it tries whether it may make code out of text,
 * which it may not.
 *
 * A request that is tried carries one credential: the one that was typed, and then not the console's cookie; or, where
 * none was typed, no empty `Bearer` beside that cookie. Two would be refused, and rightly.
 */
const prepare = `globalThis.__zod_globalConfig = { jitless: true };
const send = globalThis.fetch;
const slots = ['Authorization', 'Authentication', 'X-Authorization'];
globalThis.fetch = (asked, options) => {
  const request = new Request(asked, options);
  for (const slot of slots) {
    if (/^(?:bearer|token|basic(?: Og==)?)?$/i.test(request.headers.get(slot) ?? '-')) request.headers.delete(slot);
  }
  const isTyped = slots.some((slot) => request.headers.has(slot));
  return send(isTyped ? new Request(request, { credentials: 'omit' }) : request);
};`;
const start = `Scalar.createApiReference('#app', ${JSON.stringify(configuration)});`;

/** Styles are made by the script as it goes, so they cannot be known by a hash; they reach nothing outside. */
export const referencePolicy = [
  "default-src 'none'",
  `script-src 'self' ${hashOf(prepare)} ${hashOf(start)}`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** As a policy knows an inline script (CSP Level 3 §8.3). */
function hashOf(script: string): string {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
}

/** @param script  Path of the reference's script. */
export function referencePage(script: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latchkey API</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="app"></div>
<noscript>This page needs a script. The document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script>${prepare}</script>
<script src="${script}"></script>
<script>${start}</script>
</body>
</html>
`;
}
