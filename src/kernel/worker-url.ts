/**
 * Where a worker thread's file is. Node 20 cannot start a worker from TypeScript, so code that runs from `src/`
 * (tests, scripts) starts the worker that the build put at the same place under `dist/`.
 *
 * @module
 */

/**
 * @param importMetaUrl  `import.meta.url` of the caller.
 * @param relative       The worker beside it, with its `.js` name: `./sqlite-worker.js`.
 */
export function workerUrl(importMetaUrl: string, relative: string): URL {
  const url = new URL(relative, importMetaUrl);
  if (!importMetaUrl.endsWith('.ts')) return url;
  const at = url.pathname.lastIndexOf('/src/');
  url.pathname = `${url.pathname.slice(0, at)}/dist/${url.pathname.slice(at + '/src/'.length)}`;
  return url;
}
