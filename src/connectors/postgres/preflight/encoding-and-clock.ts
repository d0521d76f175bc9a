/** The check of what text and times mean at the server: encoding, collation, time zone, clock. @module */
import { cleanText } from '../../../network/index.js';
import { type Found, passed, warned } from '../../check-findings.js';
import { quoteIdentifier } from '../quote.js';
import { type Asking, flagAt, nameAt, numberAt, readRow, textAt } from './ask.js';

/** Clocks further apart are told of; half a round trip of doubt is granted. */
const maxSkewMs = 5_000;

export async function checkEncodingAndClock(asking: Asking): Promise<Found> {
  const { session, clock } = asking;
  const askedMs = clock.nowMs();
  const startedMs = performance.now();
  const [time] = await session.rows('SELECT extract(epoch FROM pg_catalog.clock_timestamp()) * 1000');
  const doubtMs = (performance.now() - startedMs) / 2;
  const skewMs = time === undefined ? 0 : Math.round(numberAt(time, 0) - (askedMs + doubtMs));

  // Columns that came with version 15 are read by name from the row's JSON.
  const row = await readRow(
    asking,
    `SELECT d.datname, r.rolname, current_setting('server_encoding'), left(d.datcollate, 64),
       coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'), current_setting('TimeZone'),
       current_setting('standard_conforming_strings') = 'on',
       to_jsonb(d) ->> 'datcollversion', current_setting('server_version_num')
     FROM pg_database d JOIN pg_roles r ON r.rolname = session_user
     WHERE d.datname = current_database()`,
  );
  const encoding = textAt(row, 2) ?? '';
  const areStringsStandard = flagAt(row, 6);
  const isStale = numberAt(row, 8) >= 150_000 && (await isCollationStale(asking));
  const isSkewed = Math.abs(skewMs) - doubtMs > maxSkewMs;
  const evidence = {
    encoding: cleanText(encoding, 32),
    collation: cleanText(textAt(row, 3) ?? '', 64),
    collationProvider: providers.get(textAt(row, 4) ?? '') ?? 'other',
    timeZone: cleanText(textAt(row, 5) ?? '', 64),
    standardStrings: areStringsStandard,
    collationVersionDiffers: isStale,
    skewMs,
  };
  const statements: string[] = [];
  if (!areStringsStandard) {
    statements.push(`ALTER ROLE ${quoteIdentifier(nameAt(row, 1))} SET standard_conforming_strings = on`);
  }
  if (isStale) statements.push(`ALTER DATABASE ${quoteIdentifier(nameAt(row, 0))} REFRESH COLLATION VERSION`);
  if (encoding !== 'UTF8' || statements.length > 0) return warned('SERVER_SETTING_UNUSUAL', { evidence, statements });
  return isSkewed ? warned('CLOCK_SKEWED', { evidence }) : passed(evidence);
}

/** The operating system's rules of sorting are others than those the indexes were built by. */
async function isCollationStale(asking: Asking): Promise<boolean> {
  const row = await readRow(
    asking,
    `SELECT coalesce(d.datcollversion <> pg_database_collation_actual_version(d.oid), false)
     FROM pg_database d WHERE d.datname = current_database()`,
  );
  return flagAt(row, 0);
}

const providers = new Map([
  ['c', 'libc'],
  ['i', 'icu'],
  ['b', 'builtin'],
]);
