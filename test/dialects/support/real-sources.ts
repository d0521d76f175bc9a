/** Sources as the program composes them: real connectors through the one dialler. @module */
import type { AuditStore } from '../../../src/audit/index.js';
import { createEngineDetector } from '../../../src/connectors/detect.js';
import { createMysqlConnector } from '../../../src/connectors/mysql/index.js';
import { createPostgresConnector } from '../../../src/connectors/postgres/index.js';
import { createSqliteConnector } from '../../../src/connectors/sqlite/index.js';
import type { Clock } from '../../../src/kernel/clock.js';
import { createDialler, createTargetPolicy, targetSyntax } from '../../../src/network/index.js';
import { createSources, type Sources } from '../../../src/sources/index.js';

export function createRealSources(deps: { readonly clock: Clock; readonly audit: AuditStore }): Sources {
  const isBoundToLoopback = () => true;
  const dialler = createDialler({
    policy: createTargetPolicy({ allow: [], isBoundToLoopback, ownEndpoints: () => [] }),
  });
  return createSources({
    connectors: [
      createPostgresConnector({ dialler, clock: deps.clock }),
      createMysqlConnector({ dialler, clock: deps.clock }),
      createSqliteConnector({ roots: [], isBoundToLoopback, ownFolders: [], ownFiles: [] }),
    ],
    detector: createEngineDetector({ dialler }),
    syntax: targetSyntax,
    ...deps,
  });
}
