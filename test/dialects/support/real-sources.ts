/** Sources as the program composes them: real connectors through the one dialler. @module */
import { createEngineDetector } from '../../../src/connectors/detect.js';
import { createDuckdbConnector } from '../../../src/connectors/duckdb/index.js';
import { createMysqlConnector } from '../../../src/connectors/mysql/index.js';
import { createPostgresConnector } from '../../../src/connectors/postgres/index.js';
import { createSqliteConnector } from '../../../src/connectors/sqlite/index.js';
import { createDialler, createTargetPolicy, targetSyntax } from '../../../src/network/index.js';
import { createSources, type Sources, type SourcesDeps } from '../../../src/sources/index.js';

/** What a world has of its own. */
export type RealDeps = Pick<SourcesDeps, 'clock' | 'ids' | 'audit' | 'store'>;

export function createRealSources(deps: RealDeps): Sources {
  const isBoundToLoopback = () => true;
  const dialler = createDialler({
    policy: createTargetPolicy({ allow: [], isBoundToLoopback, ownEndpoints: () => [] }),
  });
  const files = { roots: [], isBoundToLoopback, ownFolders: [], ownFiles: [] };
  return createSources({
    connectors: [
      createPostgresConnector({ dialler, clock: deps.clock }),
      createMysqlConnector({ dialler, clock: deps.clock }),
      createSqliteConnector(files),
      createDuckdbConnector(files),
    ],
    detector: createEngineDetector({ dialler }),
    syntax: targetSyntax,
    credentials: { find: async () => ({ ok: false, reason: 'CREDENTIAL_REF_UNRESOLVED' }), isAllowed: () => false },
    poster: { post: async () => null, isUrl: () => false },
    // Many tests of these suites have one caller.
    budgets: { testsPerMinute: 1_000, targetsPerHour: 10_000 },
    ...deps,
  });
}
