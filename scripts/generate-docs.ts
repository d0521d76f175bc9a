/** `npm run docs`: writes the generated pages of `docs/reference`. A test fails while one of them is stale. @module */
import { mkdirSync, writeFileSync } from 'node:fs';
import { referencePages } from './reference-pages.js';

mkdirSync(new URL('../docs/reference/', import.meta.url), { recursive: true });
for (const { path, render } of referencePages) {
  writeFileSync(new URL(`../${path}`, import.meta.url), await render());
  console.log(`wrote ${path}`);
}
