/** Routes of our own API. @module */
import { httpErrors } from '../errors.js';
import { type Answer, json } from '../kit/answer.js';
import type { Call, Route } from '../kit/route.js';
import { apiKeyRoutes } from './api-key-routes.js';
import { auditRoutes } from './audit-routes.js';
import { connectionRoutes } from './connection-routes.js';
import { consoleRoutes } from './console-routes.js';
import { consoleSessionRoutes } from './console-session-routes.js';
import { dataRoutes } from './data-routes.js';
import { dataWriteRoutes } from './data-write-routes.js';
import { datasetRoutes } from './dataset-routes.js';
import { expiringRoutes } from './expiring-routes.js';
import { grantRoutes } from './grant-routes.js';
import { jwksRoutes } from './jwks.js';
import { metadataRoutes } from './metadata-routes.js';
import { metricsRoutes } from './metrics.js';
import { openapiRoutes } from './openapi-routes.js';
import { organisationRoutes } from './organisation-routes.js';
import { overviewRoutes } from './overview-routes.js';
import { revocationRoutes } from './revocation-routes.js';
import { roleRoutes } from './role-routes.js';
import { sessionRoutes } from './session-routes.js';
import { settingsRoutes } from './settings-routes.js';
import { setupRoutes } from './setup.js';
import { signingKeyRoutes } from './signing-key-routes.js';
import { sourceRoutes } from './source-routes.js';
import { userRoutes } from './user-routes.js';
import { verifyRoutes } from './verify-routes.js';

export const routes: readonly Route[] = [
  { method: 'GET', path: '/livez', body: 'none', answersHead: true, accepts: 'anyone', handle: live },
  { method: 'GET', path: '/readyz', body: 'none', answersHead: true, accepts: 'anyone', handle: ready },
  ...openapiRoutes,
  ...jwksRoutes,
  ...setupRoutes,
  ...consoleRoutes,
  ...sourceRoutes,
  ...metadataRoutes,
  ...connectionRoutes,
  ...apiKeyRoutes,
  ...consoleSessionRoutes,
  ...sessionRoutes,
  ...revocationRoutes,
  ...expiringRoutes,
  ...userRoutes,
  ...organisationRoutes,
  ...roleRoutes,
  ...overviewRoutes,
  ...auditRoutes,
  ...settingsRoutes,
  ...signingKeyRoutes,
  ...datasetRoutes,
  ...grantRoutes,
  ...metricsRoutes,
  ...verifyRoutes,
  ...dataRoutes,
  ...dataWriteRoutes,
];

/** The process answers; it says nothing about what stands behind it. */
async function live(): Promise<Answer> {
  return json(200, { status: 'ok' });
}

async function ready({ core }: Call): Promise<Answer> {
  if (!(await core.isStoreReady())) throw httpErrors.not_ready();
  return json(200, { status: 'ready' });
}
