/** The connector of PostgreSQL and what speaks its protocol. @module */
import type { Clock } from '../../kernel/clock.js';
import type { Dialler } from '../../network/index.js';
import type { Connector, DataConnector } from '../../sources/index.js';
import { openPostgresCatalog } from './catalog/open-catalog.js';
import { openPostgresData } from './data-open.js';
import { preflightPostgres } from './preflight.js';
import { probePostgres, usualQuestion } from './probe.js';

export interface PostgresConnectorOptions {
  readonly dialler: Dialler;
  readonly clock: Clock;
  /** The one question of a probe; tests ask a slow one. */
  readonly question?: string;
}

export function createPostgresConnector(options: PostgresConnectorOptions): Connector & DataConnector {
  const { dialler, clock, question = usualQuestion } = options;
  return {
    engine: 'postgres',
    wellKnownPorts: [5432, 6432],
    extraKeys: [],
    isFileEngine: false,
    preflight: (target, request, limits) => preflightPostgres({ dialler, clock }, target, request, limits),
    authTypes: ['basic', 'oauth', 'token'],
    probe: (target, limits) => probePostgres({ dialler, clock, question }, target, limits),
    openData: (target, limits) => openPostgresData({ dialler, clock }, target, limits),
    openCatalog: (target, request, limits) => openPostgresCatalog({ dialler, clock }, target, request, limits),
  };
}
