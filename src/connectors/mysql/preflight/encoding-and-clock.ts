/** The check of what text and times mean at the server: character set, collation, time zone, SQL mode, clock. @module */
import { cleanText } from '../../../network/index.js';
import { type Found, passed, warned } from '../../check-findings.js';
import { type Asking, numberAt, readRow, readRows, schemasSeen, textAt } from './ask.js';
import { shownNames } from './grant-statements.js';

/** Clocks further apart are told of; half a round trip of doubt is granted. */
const maxSkewMs = 5_000;

export async function checkEncodingAndClock(asking: Asking): Promise<Found> {
  const askedMs = asking.clock.nowMs();
  const startedMs = performance.now();
  const time = await readRow(asking, 'SELECT UNIX_TIMESTAMP(NOW(6)) * 1000');
  const doubtMs = (performance.now() - startedMs) / 2;
  const skewMs = Math.round(numberAt(time, 0) - (askedMs + doubtMs));
  const row = await readRow(
    asking,
    `SELECT @@global.character_set_server, @@global.collation_server, @@global.time_zone, @@system_time_zone,
      @@global.sql_mode, @@global.lower_case_table_names`,
  );
  const charsets = await readRows(
    asking,
    "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE DEFAULT_CHARACTER_SET_NAME <> 'utf8mb4'",
  );
  const others = new Set(charsets.map(([name]) => name));
  const narrow = (await schemasSeen(asking)).map((one) => one.name).filter((name) => others.has(name));
  const modes = new Set(textAt(row, 4).split(','));
  const isStrict = modes.has('STRICT_TRANS_TABLES') || modes.has('STRICT_ALL_TABLES');
  const zone = textAt(row, 2);
  const evidence = {
    serverCharset: cleanText(textAt(row, 0), 32),
    serverCollation: cleanText(textAt(row, 1), 64),
    schemasNotUtf8: narrow.length,
    timeZone: cleanText(zone === 'SYSTEM' ? textAt(row, 3) : zone, 64),
    strict: isStrict,
    ansiQuotes: modes.has('ANSI_QUOTES'),
    lowerCaseTableNames: numberAt(row, 5),
    skewMs,
  };
  // A schema in another character set cannot hold every text; a server that is not strict cuts what does not fit.
  const isUnusual = narrow.length > 0 || (asking.request.purpose === 'read_write' && !isStrict);
  if (isUnusual) return warned('SERVER_SETTING_UNUSUAL', { evidence, objects: shownNames(narrow) });
  return Math.abs(skewMs) - doubtMs > maxSkewMs ? warned('CLOCK_SKEWED', { evidence }) : passed(evidence);
}
