/** Renders `docs/reference/openapi.json`: what `GET /openapi.json` answers. @module */
import { productVersion } from '../src/http/kit/version.js';
import { renderOpenApi } from '../src/http/openapi/index.js';

export function renderApi(): string {
  return `${JSON.stringify(renderOpenApi(productVersion), null, 2)}\n`;
}
