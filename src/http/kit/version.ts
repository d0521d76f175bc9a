/** Which release this is, as its package says. @module */
import { readFileSync } from 'node:fs';

/** The same file from `src/` and from `dist/`. */
const manifest = new URL('../../../package.json', import.meta.url);

export const productVersion = (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
