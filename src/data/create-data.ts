/** Puts the verbs of the room together. No rule lives here. @module */
import { createDatasets } from './datasets.js';
import type { DataDeps } from './deps.js';
import { explain } from './explain.js';
import { createGrants } from './grants.js';
import { once } from './once.js';
import type { DataParts } from './parts.js';
import { createPlans } from './plans.js';
import { count, read } from './read.js';
import { readJson } from './read-json.js';
import { createReadTrail } from './read-trail.js';
import { createDescribedQueries } from './relation-of.js';
import type { Data } from './use-cases.js';
import { list, view } from './view.js';
import { createViews } from './views.js';
import { write } from './write.js';

export function createData(deps: DataDeps): Data {
  const parts: DataParts = {
    ...deps,
    trail: createReadTrail(deps),
    described: createDescribedQueries(deps.sources),
    plans: createPlans(),
    views: createViews(),
  };
  return {
    read: (actor, order) => read(parts, actor, order),
    readJson: (actor, order) => readJson(parts, actor, order),
    count: (actor, order) => count(parts, actor, order),
    write: (actor, order) => write(parts, actor, order),
    once: (actor, order, work) => once(parts, actor, order, work),
    view: (actor, dataset) => view(parts, actor, dataset),
    list: (actor, filter, page) => list(parts, actor, filter, page),
    explain: (actor, question) => explain(parts, actor, question),
    datasets: createDatasets(parts),
    grants: createGrants(parts),
    settle: () => parts.trail.settle(),
  };
}
