/**
 * From the few files the program is shipped in back to its sources: a profile then names the file somebody wrote.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Where a function of a profile begins; lines and columns count from 0. */
export interface Place {
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

const maps = new Map<string, SourceMap | null>();

/** @returns the place itself where no map is. */
export function placeInSources<P extends Place>(place: P): P {
  const entry = mapOf(place.url)?.findEntry(place.lineNumber, place.columnNumber);
  if (entry === undefined || !('originalSource' in entry)) return place;
  const url = new URL(entry.originalSource, place.url).href;
  return { ...place, url, lineNumber: entry.originalLine, columnNumber: entry.originalColumn };
}

function mapOf(url: string): SourceMap | null {
  const known = maps.get(url);
  if (known !== undefined) return known;
  const file = url.startsWith('file:') ? `${fileURLToPath(url)}.map` : '';
  const map = existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : null;
  maps.set(url, map);
  return map;
}
