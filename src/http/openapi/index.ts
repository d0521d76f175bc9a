/** The OpenAPI document of this release. Loaded when somebody asks for it, never before. @module */
import { accessErrors } from '../../access/index.js';
import { dataErrors } from '../../data/index.js';
import { identityErrors } from '../../identity/index.js';
import { queryErrors } from '../../query/index.js';
import { sourcesErrors } from '../../sources/index.js';
import { atlanErrorSchema } from '../dialects/atlan/descriptions.js';
import { cloudioErrorSchema } from '../dialects/cloudio/descriptions.js';
import { cloudioErrors } from '../dialects/cloudio/errors.js';
import { onedbErrorSchema } from '../dialects/onedb/descriptions.js';
import { precrimeErrorSchema } from '../dialects/precrime/descriptions.js';
import { httpErrors } from '../errors.js';
import { declaredRoutes, families } from '../families.js';
import type { Family } from '../kit/family.js';
import { problem } from '../native/problem-schema.js';
import { oauthErrorSchema } from '../oauth/descriptions.js';
import { descriptions } from './descriptions.js';
import { openApiDocument } from './document.js';
import type { JsonMembers } from './json.js';
import { type FamilyRefusals, refusalsOf } from './refusals.js';

const errorSchemas: Readonly<Record<Family['name'], FamilyRefusals['schema']>> = {
  native: problem,
  oauth: oauthErrorSchema,
  atlan: atlanErrorSchema,
  cloudio: cloudioErrorSchema,
  onedb: onedbErrorSchema,
  precrime: precrimeErrorSchema,
};

const refuse = refusalsOf([
  ...[httpErrors, accessErrors, identityErrors, sourcesErrors, dataErrors, queryErrors, cloudioErrors],
]);

/** The document of this release. */
export function renderOpenApi(version: string): JsonMembers {
  const refusals = families.map((family): [string, FamilyRefusals] => [
    family.name,
    { family, schema: errorSchemas[family.name], tellsCode: family.name === 'native' },
  ]);
  return openApiDocument({
    routes: declaredRoutes(),
    descriptions,
    version,
    refusals: Object.fromEntries(refusals),
    refuse,
  });
}
