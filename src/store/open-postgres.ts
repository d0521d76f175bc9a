/** The store on PostgreSQL. @module */
import type { StoreEngine } from './engine.js';
import { storeErrors } from './errors.js';

export async function openPostgres(_url: string): Promise<StoreEngine> {
  throw storeErrors.url_invalid();
}
