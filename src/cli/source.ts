/** `latchkey source …`: databases, kept and tested. @module */
import { Command } from 'commander';
import { addCatalogVerbs } from './source-catalog.js';
import { addQueryVerb } from './source-query.js';
import { addReachVerbs } from './source-reach.js';
import { addRegistryVerbs } from './source-registry.js';

export function sourceCommand(): Command {
  const source = new Command('source').description('databases');
  addRegistryVerbs(source);
  addReachVerbs(source);
  addCatalogVerbs(source);
  addQueryVerb(source);
  return source;
}
