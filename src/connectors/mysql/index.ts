/** The connector of MySQL and MariaDB. @module */
import type { Clock } from '../../kernel/clock.js';
import type { Dialler } from '../../network/index.js';
import type { Connector, DataConnector } from '../../sources/index.js';
import { openMysqlCatalog } from './catalog/open-catalog.js';
import { openMysqlData } from './data-open.js';
import { preflightMysql } from './preflight/run.js';
import { probeMysql } from './probe.js';

export interface MysqlConnectorOptions {
  readonly dialler: Dialler;
  readonly clock: Clock;
  /** The one question of a probe; tests ask a slow one. */
  readonly question?: string;
  /** Tests do without RETURNING, as on MySQL. */
  readonly mayReturn?: boolean;
}

export function createMysqlConnector(options: MysqlConnectorOptions): Connector & DataConnector {
  const { dialler, clock, question = 'SELECT 1', mayReturn = true } = options;
  return {
    engine: 'mysql',
    wellKnownPorts: [3306],
    extraKeys: [],
    isFileEngine: false,
    preflight: (target, request, limits) => preflightMysql({ dialler, clock, question }, target, request, limits),
    openData: (target, limits) => openMysqlData({ dialler, clock, question, mayReturn }, target, limits),
    openCatalog: (target, request, limits) => openMysqlCatalog({ dialler, clock, question }, target, request, limits),
    authTypes: ['basic', 'oauth', 'token'],
    probe: (target, limits) => probeMysql({ dialler, clock, question }, target, limits),
  };
}
