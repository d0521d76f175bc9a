/** Every face of the front door, and the registry of what they serve. @module */
import { atlan } from './dialects/atlan/index.js';
import { cloudio } from './dialects/cloudio/index.js';
import { onedb } from './dialects/onedb/index.js';
import { precrime } from './dialects/precrime/index.js';
import { declaredRoute, type Family } from './kit/family.js';
import type { DeclaredRoute } from './kit/route.js';
import { native } from './native/index.js';
import { oauth } from './oauth/index.js';

export const families: readonly Family[] = [precrime, cloudio, onedb, atlan, oauth, native];

/** Everything that is served, and to whom; nothing has to be open for it. */
export function declaredRoutes(): DeclaredRoute[] {
  return families.flatMap((family) => family.routes.map((route) => declaredRoute(family, route)));
}
