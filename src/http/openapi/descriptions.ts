/** Every description there is. @module */
import { atlanDescriptions } from '../dialects/atlan/descriptions.js';
import { cloudioDescriptions } from '../dialects/cloudio/descriptions.js';
import { onedbDescriptions } from '../dialects/onedb/descriptions.js';
import { precrimeDescriptions } from '../dialects/precrime/descriptions.js';
import type { Description } from '../kit/description.js';
import { apiKeyDescriptions } from '../native/api-key-description.js';
import { auditDescriptions } from '../native/audit-description.js';
import { consoleSessionDescriptions } from '../native/console-session-description.js';
import { dataDescriptions } from '../native/data-description.js';
import { dataWriteDescriptions } from '../native/data-write-description.js';
import { datasetDescriptions } from '../native/dataset-description.js';
import { documentsDescriptions } from '../native/documents-description.js';
import { grantDescriptions } from '../native/grant-description.js';
import { metadataDescriptions } from '../native/metadata-description.js';
import { openDescriptions } from '../native/open-descriptions.js';
import { organisationDescriptions } from '../native/organisation-description.js';
import { overviewDescriptions } from '../native/overview-description.js';
import { roleDescriptions } from '../native/role-description.js';
import { sessionDescriptions } from '../native/session-description.js';
import { signingKeyDescriptions } from '../native/signing-key-description.js';
import { sourceDescriptions } from '../native/source-description.js';
import { userDescriptions } from '../native/user-description.js';
import { oauthDescriptions } from '../oauth/descriptions.js';

export const descriptions: readonly Description[] = [
  ...openDescriptions,
  ...documentsDescriptions,
  ...consoleSessionDescriptions,
  ...sourceDescriptions,
  ...metadataDescriptions,
  ...apiKeyDescriptions,
  ...sessionDescriptions,
  ...userDescriptions,
  ...organisationDescriptions,
  ...roleDescriptions,
  ...overviewDescriptions,
  ...auditDescriptions,
  ...signingKeyDescriptions,
  ...datasetDescriptions,
  ...grantDescriptions,
  ...dataDescriptions,
  ...dataWriteDescriptions,
  ...oauthDescriptions,
  ...atlanDescriptions,
  ...cloudioDescriptions,
  ...onedbDescriptions,
  ...precrimeDescriptions,
];
