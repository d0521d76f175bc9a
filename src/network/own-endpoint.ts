/** Where we ourselves listen or keep our data: what no connection test may reach. @module */
import type { OwnEndpoint } from './address-policy.js';

/**
 * Host and port of a URL of our own.
 *
 * @param url           Of a listener, the store or Valkey; `null`, and what has no host such as `sqlite:`, gives none.
 * @param standardPort  Where it is when the URL does not say.
 */
export function endpointsOfUrl(url: string | null, standardPort: number): OwnEndpoint[] {
  if (url === null || !url.includes('://') || !URL.canParse(url)) return [];
  const { hostname, port } = new URL(url);
  return [{ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? standardPort : Number(port) }];
}
