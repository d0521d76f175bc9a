/** How the console is built: into the server's package, under `/console/`, with a place for the nonce of each answer. @module */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  base: '/console/',
  plugins: [react(), compressed()],
  // The server puts a fresh nonce in its place with every page (CSP Level 3 §2.3.1).
  html: { cspNonce: '__CSP_NONCE__' },
  // `vite` beside a running server, for whoever works on the console; Host stays as sent, so that the server sees one origin.
  server: {
    proxy: { '^/(admin|data|openapi\\.json)': { target: process.env['LATCHKEY_URL'] ?? 'http://127.0.0.1:8000' } },
  },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would have to be allowed for images, fonts and styles alike.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
});

/** Writes each script and style compressed beside itself: once here instead of with every answer. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir }) {
      const folder = join(dir ?? '', 'assets');
      for (const name of readdirSync(folder)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const bytes = readFileSync(join(folder, name));
        if (bytes.length < 1_024) continue;
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes));
      }
    },
  };
}
