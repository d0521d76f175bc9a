/** What the verbs of the room work with. @module */
import type { DataDeps } from './deps.js';
import type { Plans } from './plans.js';
import type { ReadTrail } from './read-trail.js';
import type { DescribedQueries } from './relation-of.js';
import type { Views } from './views.js';

export interface DataParts extends DataDeps {
  readonly trail: ReadTrail;
  readonly described: DescribedQueries;
  readonly plans: Plans;
  readonly views: Views;
}
